"""What the sorting page shows first, and of one object: several rooms' answers in one."""

from calanus.annotation import service
from calanus.annotation.wire import (
    Contact,
    GuessModel,
    ObjectPanel,
    SampleLine,
    ShownField,
    TaxonCounts,
    TaxonLine,
    Workspace,
    WorkspaceProject,
    counts_by_taxon,
    historical,
)
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.wire import acquisition_model, object_model, process_model, sample_model
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.projects.wire import HIGHEST_RIGHT
from calanus.taxonomy import service as taxonomy
from calanus.users import service as users
from calanus.users.routes import full_user
from calanus.users.types import User


def describe(conn: Connection, project: Project, user: User | None) -> Workspace:
    """The project, its taxa with counts, its samples with progress, and who is asking."""
    if user:
        users.note_recent_project(conn, user, project.project_id)
    return Workspace(
        me=full_user(user) if user else None,
        project=project_lines(project, user),
        taxa=taxon_lines(conn, project),
        samples=[SampleLine(**vars(line)) for line in objects.sample_progress(conn, project)],
        batch_id=objects.newest_batch(conn, project.project_id),
    )


def project_lines(project: Project, user: User | None) -> WorkspaceProject:
    """What the sorting page needs to know of a project."""
    pairs = [line.partition("=") for line in project.shown_fields.splitlines() if line.strip()]
    return WorkspaceProject(
        projid=project.project_id,
        title=project.title,
        status=project.status,
        instrument=project.instrument,
        access=project.access,
        highest_right=HIGHEST_RIGHT.get(project.role, ""),
        can=list(projects.acts_allowed(user, project)),
        extractor=project.extractor,
        obj_free_cols=project.object_columns,
        bar_px=project.bar_px,
        shown_fields=[
            ShownField(field=name.strip(), label=label.strip() or name.strip())
            for name, _, label in pairs
        ],
    )


def taxon_lines(conn: Connection, project: Project) -> list[TaxonLine]:
    """The taxa of a project, used or preset, with all above them; unidentified objects as -1."""
    counts = {line.id: line for line in counts_by_taxon(service.tallies(conn, project))}
    preset = set(project.initial_taxa)
    shown = taxonomy.find_many(conn, preset | {taxon_id for taxon_id in counts if taxon_id > 0})
    above = {taxon_id for taxon in shown for taxon_id in taxon.lineage}
    lines = [
        TaxonLine(
            id=taxon.taxon_id,
            parent_id=taxon.parent_id,
            name=taxon.name,
            display_name=taxon.display_name,
            type=taxon.type,
            status=taxon.status,
            preset=taxon.taxon_id in preset,
            counts=counts.get(taxon.taxon_id, TaxonCounts(id=taxon.taxon_id)),
        )
        for taxon in taxonomy.find_many(conn, above)
    ]
    if -1 in counts:
        lines.append(
            TaxonLine(
                id=-1,
                parent_id=None,
                name="unidentified",
                display_name="unidentified",
                type="M",
                status="A",
                preset=False,
                counts=counts[-1],
            )
        )
    return lines


def panel(conn: Connection, object_id: int, user: User | None) -> ObjectPanel:
    """One object with all its levels, its past, its guesses, and whom to write to about it."""
    project, found = objects.find(conn, object_id, by=user)
    images = objects.images(conn, project.project_id, [found.object_id])
    past = service.history(conn, project.project_id, found.object_id)
    guesses = service.guesses_of(conn, project.project_id, found.object_id)
    members = users.members(conn, [project.project_id]) if user else []
    contact = next((m for m in members if m.user_id == project.contact_id), None)
    return ObjectPanel(
        object=object_model(project, found, images),
        sample=sample_model(*objects.sample(conn, found.sample_id, by=user)),
        acquisition=acquisition_model(*objects.acquisition(conn, found.acquisition_id, by=user)),
        process=process_model(*objects.process(conn, found.acquisition_id, by=user)),
        history=[historical(each) for each in past],
        guesses=[GuessModel(**vars(guess)) for guess in guesses],
        contact=Contact(name=contact.name, email=contact.email) if contact else None,
    )
