"""Small bins, runs and scans, as the instruments write them, and what an import made of them."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calanus.files.vault import Vault
from lab import Lab

Pixels = NDArray[np.uint8]
Size = tuple[int, int]  # width, height

NEW_LID = "D20220522T003051_IFCB134"
OLD_LID = "IFCB5_2012_028_081515"
NEW_HEADER = """SoftwareVersion: 2.0.0.0
sampleType: Normal
runTime: 1200.5
inhibitTime: 0.5
temperature: 19.9
gpsLatitude: 58.25
gpsLongitude: 11.43
PMTAhighVoltage: 0.65
fill3newSheathState = using new SW for sheath: 16777216
runSampleFast: False
"""
OLD_HEADER = """"Imaging FlowCytobot Acquisition Software version 1.0; October 2005"
"SyringeStatus =  0"
"Temp Humidity BinarizeThresh PMT1hv(ssc) PMT2hv(chl) BlobSizeThresh"
" 11.5"," 32.2"," 30"," .675"," .6"," 10"
"""


def drawn(width: int, height: int, seed: int = 0) -> Pixels:
    """A picture of no two equal ones: grey water with grains."""
    return np.random.default_rng(seed).integers(180, 220, (height, width)).astype(np.uint8)


def write_bin(folder: Path, lid: str, lines: Sequence[str], roi: bytes, header: str) -> Path:
    """The three files of a bin."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{lid}.hdr").write_text(header)
    (folder / f"{lid}.adc").write_text("".join(f"{line}\n" for line in lines))
    (folder / f"{lid}.roi").write_bytes(roi)
    return folder


def new_bin(
    folder: Path, sizes: Sequence[Size], lid: str = NEW_LID, header: str = NEW_HEADER
) -> list[Pixels]:
    """A bin of the second generation; (0, 0) is a trigger without an image."""
    images = [drawn(width, height, seed) for seed, (width, height) in enumerate(sizes, 1)]
    lines: list[str] = []
    start = 0
    for number, image in enumerate(images, 1):
        height, width = image.shape
        signals = ",".join(["0.5", "0.25", "0.1", "0.1", "3.5", "2.5", "0.1", "0.1", "-999.00000"])
        grab = f"{number}.1,{number}.2"
        lines.append(
            f"{number},{number}.0,{signals},{grab},800,700,{width},{height},{start},0,0,0,0,"
            f"{number}.3,0.01"
        )
        start += image.size
    write_bin(folder, lid, lines, b"".join(image.tobytes() for image in images), header)
    return images


def old_bin(folder: Path, lid: str = OLD_LID) -> tuple[Pixels, Pixels, Pixels]:
    """A bin of the first generation: an image, then two that overlap, then none."""
    alone, left, right = drawn(30, 20, 1), drawn(40, 20, 2), drawn(24, 16, 3)
    signals = ".06,-.61,-.18,-3.6,-.29"
    lines = [
        f"1,.4,{signals},0,.3,200,600,30,20,1,-.27,",
        f"2,.9,{signals},.4,.8,100,400,40,20,601,-.27,",
        f"2,.9,{signals},.4,.8,130,410,24,16,1401,-.27,",
        f"3,1.5,{signals},.9,1.2,-11,-11,0,0,1785,-.27,",
    ]
    data = b"\0" + alone.tobytes() + left.tobytes() + right.tobytes() + b"\0"
    write_bin(folder, lid, lines, data, OLD_HEADER)
    return alone, left, right


CONTEXT = """[Software]
SoftwareName=VisualSpreadsheet
SoftwareVersion=4.19.3
CameraMagnification=10
[General]
TechnicianName=Ann
LocationLatitude=48.5
LocationLongitude=
RunStartTime=2024-04-08 08:14:01
[Fluid]
FlowCellType=FC100
PumpFlowRate=0.1500
SampleDilution=2
CalibrationConstant=0.5544
[CaptureStats]
RunTimeMilliSeconds=31351
SampleVolumeAspirated=0.0829
CalibrationFluidVolume=0.0045
Efficiency=22.1450
"""
PLACES = ((0, 0, 25, 29), (27, 0, 20, 35), (0, 40, 16, 25))


def flowcam_run(folder: Path, name: str = "run1") -> Pixels:
    """A run of three particles on one collage in colour, with both tables."""
    folder.mkdir(parents=True, exist_ok=True)
    collage = np.stack([drawn(64, 70, seed) for seed in (1, 2, 3)], axis=2)
    Image.fromarray(collage).save(folder / f"{name}_000001.tif", compression="tiff_lzw")
    (folder / f"{name}.ctx").write_text(CONTEXT)
    exported = [
        "Particle ID,Area (ABD),Ch2/Ch1 Ratio,Date,Image File,Image Height,Image Width,Image X,"
        "Image Y,Original Reference ID,Time,Timestamp"
    ]
    kept = ["017", "num-fields|9"]
    kept += ["id|int32", "image_x|int32", "image_y|int32", "image_w|int32", "image_h|int32"]
    kept += ["abd_area|double", "timestamp|timestamp", "collage_file|string", "image_id|guid"]
    for number, (x, y, width, height) in enumerate(PLACES, 1):
        moment, file = f"2024-04-08T10:14:1{number}.131", f"{name}_000001.tif"
        exported.append(
            f"{number},{number}.5,0.0,2024-04-08,{file},{height},{width},{x},{y},F5-{number},"
            f"10:14:1{number},{moment}"
        )
        kept.append(f"{number}|{x}|{y}|{width}|{height}|{number}.5|{moment}|{file}|F5-{number}")
    (folder / f"{name}.csv").write_text("\n".join(exported) + "\n")
    (folder / f"{name}.lst").write_text("\r\n".join(kept) + "\r\n")
    return collage


PID = """PID
[Image]
Scanning_date= 20240321_1049
[Input]
Source=PerfectionV700
[Input-PerfectionV700-Flatbed]
BitsPerPixel=3
[LUT]
Min=  756
[Info]
Hardware=  Hydroptic_V3
ImageType=  Zooscan
[Sample]
SampleId= Net7
Ship= thalassa
Date= 20230614-2251
Latitude= 48.2584
Longitude= 22.3
Depth= 99999
Zmax= 106
Zmin= 55
Vol= 124.5
latitude_end= -48.23
[Fraction]
FracId= d2
Min= 2000
[Subsample]
SubPart= 2
[Image_Process]
Version= 8.03
[Particules_Process]
Particule_Process_Date=  20240328_1911
Version= 8.13
PixSize=   0.0106
[Data]
!Item;Label;Area;Perim.;%Area
1;net7_d2_1;1031;384.22;0.1
2;net7_d2_1;1434;649.9;NaN
"""


def scan(folder: Path, *, vignettes: Sequence[int] = (1, 2)) -> Path:
    """A scan of two objects, processed in ZooProcess."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net7_d2_1_dat1.pid").write_text(PID)
    for item in vignettes:
        Image.fromarray(drawn(20, 20, item)).save(folder / f"net7_d2_1_{item}.jpg")
    return folder


# --- What was made of them ---------------------------------------------------------------------


def stored(lab: Lab) -> dict[str, NDArray[np.uint8]]:
    """Every image of the project by its name, decoded as the vault keeps it."""
    sql = """
        SELECT i.orig_file_name, p.path, i.position, i.length
          FROM images i JOIN packs p USING (project_id, pack_id) ORDER BY image_id
    """
    vault = Vault(lab.settings.data / "vault")
    return {
        row["orig_file_name"]: np.asarray(
            Image.open(BytesIO(vault.read(row["path"], row["position"], row["length"])))
        )
        for row in lab.find(sql)
    }


def free(lab: Lab, name: str) -> dict[str, float | str | None]:
    """The free columns of an object by their names."""
    columns = lab.one("SELECT object_columns FROM projects")["object_columns"]
    [found] = [row for row in lab.objects() if row["orig_id"] == name]
    return named(columns, {"n": found["numbers"], "t": found["texts"]})


def parent(lab: Lab, level: str) -> dict[str, float | str | None]:
    """The free columns of the only sample, acquisition or process."""
    columns = lab.one("SELECT * FROM projects")[f"{level}_columns"]
    table = {"sample": "samples", "acquisition": "acquisitions", "process": "processes"}[level]
    return named(columns, {"t": lab.one(f"SELECT texts FROM {table}")["texts"]})


def named(columns: dict[str, str], cells: dict[str, list[Any]]) -> dict[str, float | str | None]:
    """Cells by the names of their columns; those beyond the end of a row are empty."""

    def cell(code: str) -> float | str | None:
        row, place = cells[code[0]], int(code[1:]) - 1
        return row[place] if place < len(row) else None

    return {name: cell(code) for name, code in columns.items()}
