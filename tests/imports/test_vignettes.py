"""Vignettes are drawn as EcoTaxa draws them, pixel by pixel, but for the letters of the label."""

from io import BytesIO

import pytest
from PIL import Image

from calanus.files.vault import Vault
from calanus.imports.vignettes import BadSettings, Vignette, draw, read_settings, size_of
from lab import HEADERS, Lab, encoded, png

SETTINGS = """[vignette]
gamma = 1
invert = n
scalebarsize_mm = 0.5
keeporiginal = y
fontcolor = black
fontheight_px = 10
footerheight_px = 31
scale = 1
Pixel_Size = 50
"""


def settings(**changed: str) -> Vignette:
    """The settings above, some of them changed."""
    given = [line.lower().partition(" = ") for line in SETTINGS.splitlines()[1:]]
    values = {key: value for key, _, value in given}
    told = "\n".join(f"{key} = {value}" for key, value in (values | changed).items())
    return read_settings(f"[vignette]\n{told}\n")


def row(image: Image.Image, y: int) -> list[int]:
    """The grey levels of a line of pixels."""
    return list(image.crop((0, y, image.width, y + 1)).tobytes())


def column(image: Image.Image, x: int) -> list[int]:
    """The grey levels of a column of pixels."""
    return list(image.crop((x, 0, x + 1, image.height)).tobytes())


def test_the_particle_lies_at_the_top_left_on_a_ground_that_is_almost_white() -> None:
    drawn = draw(Image.new("L", (4, 3), 90), settings())

    assert drawn.size == (20, 34)  # as wide as a bar of 10 pixels wants it, and the footer below
    for y in range(3):
        assert row(drawn, y) == [90] * 4 + [254] * 16
    assert row(drawn, 3) == [254] * 20


def test_the_bar_has_its_length_its_place_and_its_ticks() -> None:
    drawn = draw(Image.new("L", (4, 3), 90), settings())

    assert row(drawn, 30) == [254] * 9 + [0] * 11
    assert row(drawn, 31) == [254] * 9 + [0] + [254] * 9 + [0]
    assert row(drawn, 32) == [254] * 9 + [0] + [254] * 9 + [0]
    assert row(drawn, 33) == [254] * 20


def test_the_label_stands_above_the_bar() -> None:
    drawn = draw(Image.new("L", (80, 3), 90), settings(scalebarsize_mm="2"))

    dark = [y for y in range(3, 30) if min(row(drawn, y)) < 100]
    assert dark
    assert min(dark) >= 34 - 10 - 10
    assert max(dark) < 30
    assert min(x for x in range(80) if min(column(drawn, x)[3:30]) < 100) >= 10


def test_white_letters_stand_on_black() -> None:
    drawn = draw(Image.new("L", (4, 3), 90), settings(fontcolor="white"))

    assert row(drawn, 30) == [0] * 9 + [255] * 11
    assert row(drawn, 3) == [0] * 20


def test_gamma_is_applied_before_the_levels_are_turned_round() -> None:
    ramp = Image.frombytes("L", (5, 1), bytes([0, 1, 64, 128, 255]))

    light = draw(ramp, settings(gamma="2"))
    turned = draw(ramp, settings(gamma="2", invert="y"))

    assert row(light, 0)[:5] == [0, 15, 127, 180, 255]  # 255·√(v/255), cut off
    assert row(turned, 0)[:5] == [255, 240, 128, 75, 0]
    assert row(draw(ramp, settings()), 0)[:5] == [0, 1, 64, 128, 255]


def test_the_scale_enlarges_the_particle_and_the_bar() -> None:
    raw = Image.frombytes("L", (2, 1), bytes([0, 200]))

    drawn = draw(raw, settings(scale="3"))

    assert drawn.size == (40, 34)
    assert row(drawn, 30) == [254] * 9 + [0] * 31
    expected = raw.resize((6, 3), Image.Resampling.BICUBIC)
    assert drawn.crop((0, 0, 6, 3)).tobytes() == expected.tobytes()


def test_a_wide_particle_makes_the_vignette_wide() -> None:
    assert size_of((300, 20), settings()) == (300, 51)
    assert size_of((300, 20), settings(scale="0.5", footerheight_px="0")) == (150, 10)


def test_deep_grey_levels_become_eight_bits_first() -> None:
    deep = Image.new("I;16", (4, 3), 4095)

    assert row(draw(deep, settings()), 0)[:4] == [255] * 4


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("", "there is no section [vignette]"),
        ("[vignette]\ngamma = 1\n", "scalebarsize_mm is missing"),
        (SETTINGS.replace("gamma = 1", "gamma = x"), "gamma: “x” is not a number from 0.01 to 100"),
        (SETTINGS.replace("gamma = 1", "gamma = 0"), "gamma: “0” is not a number"),
        (SETTINGS.replace("gamma = 1", "gamma = nan"), "gamma: “nan” is not a number"),
        (SETTINGS.replace("gamma = 1", "gamma = 1,5"), "gamma: “1,5” is not a number"),
        (
            SETTINGS.replace("invert = n", "invert = perhaps"),
            "invert: “perhaps” is neither",
        ),
        (SETTINGS.replace("= black", "= ultraviolet"), "fontcolor: “ultraviolet” is not a colour"),
        (SETTINGS.replace("Pixel_Size = 50", "Pixel_Size = 0"), "pixel_size: “0” is not a number"),
        (SETTINGS.replace("= 0.5", "= 9999"), "a bar of 9999 mm is 199,980 pixels long"),
        (SETTINGS.replace("= 31", "= 1e9"), "footerheight_px: “1e9” is not a number"),
        (SETTINGS.replace("scale = 1", "scale = 1e9"), "scale: “1e9” is not a number"),
        (SETTINGS + "gamma = 2\n", "option 'gamma' in section 'vignette' already exists"),
        ("gamma = 1\n", "the settings cannot be read"),
        ("[vignette\n", "the settings cannot be read"),
    ],
)
def test_settings_that_cannot_be_followed_are_told_by_their_key(told: str, reason: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(told)

    assert reason in str(refused.value)


def test_what_settings_leave_out_is_as_a_uvp6_writes_it() -> None:
    found = read_settings("[vignette]\nscalebarsize_mm = 2\npixel_size = 73\n")

    assert found == Vignette(1, False, True, 0, 10, 31, 1, 2, 27)


def part(lab: Lab, told: str = SETTINGS) -> None:
    """A folder as a UVP6 makes it of a sample."""
    lab.package(f"{HEADERS}o1|a.png\no1|b.png\n", "s1_Images/ecotaxa_s1.tsv", a=None, b=png(9, 9))
    (lab.folder / "s1_Images" / "compute_vignette.txt").write_text(told)


def test_vignettes_are_shown_and_their_originals_kept_behind(lab: Lab) -> None:
    part(lab)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    log = (lab.settings.data / "jobs" / str(job.job_id) / "log.txt").read_text()
    assert "Importing UVP6 file [base]/s1_Images" in log
    found = lab.find("SELECT * FROM images JOIN packs USING (project_id, pack_id) ORDER BY rank")
    assert [(i["rank"], i["orig_file_name"], i["width"], i["height"]) for i in found] == [
        (0, "a.png", 20, 37),
        (1, "b.png", 20, 40),
        (100, "a.png", 8, 6),
        (101, "b.png", 9, 9),
    ]
    vault = Vault(lab.settings.data / "vault")
    files = [vault.read(i["path"], i["position"], i["length"]) for i in found]
    assert files[2:] == [png(), png(9, 9)]
    with Image.open(BytesIO(files[0])) as vignette:
        assert vignette.tobytes() == draw(Image.new("L", (8, 6), 200), settings()).tobytes()


def test_an_original_that_nobody_wants_is_not_stored(lab: Lab) -> None:
    part(lab, SETTINGS.replace("keeporiginal = y", "keeporiginal = n"))

    lab.load()

    assert [i["rank"] for i in lab.find("SELECT rank FROM images ORDER BY rank")] == [0, 1]
    packs = list(lab.settings.data.glob("vault/packs/*/*"))
    assert not any(png() in pack.read_bytes() for pack in packs)


def test_the_same_package_adds_nothing_the_second_time(lab: Lab) -> None:
    part(lab)
    lab.load()

    job = lab.load(skip_existing_objects=True)

    assert "are in the project already" in job.errors[0]
    assert len(lab.find("SELECT * FROM images")) == 4


def test_settings_that_cannot_be_followed_stop_the_import(lab: Lab) -> None:
    part(lab, SETTINGS.replace("gamma = 1", "gamma = much"))

    [error] = lab.load().errors

    assert error.startswith("[base]/s1_Images/compute_vignette.txt: gamma: “much” is not a number")


def test_settings_in_any_other_folder_are_told_not_followed(lab: Lab) -> None:
    lab.rows("o1|a.png", name="tow/ecotaxa_a.tsv")
    (lab.folder / "tow" / "compute_vignette.txt").write_text(SETTINGS)

    job = lab.load()

    assert "[base]/tow/compute_vignette.txt was not read" in (job.result or {})["infos"][0]
    assert lab.one("SELECT width, height FROM images") == {"width": 8, "height": 6}


def test_a_raw_image_that_cannot_be_read_is_told_once(lab: Lab) -> None:
    part(lab)
    (lab.folder / "s1_Images" / "a.png").write_bytes(encoded(Image.new("L", (9, 9)), "PNG")[:40])

    [error] = lab.load().errors

    assert "s1_Images/ecotaxa_s1.tsv, line 3: img_file_name: “a.png” is damaged" in error
