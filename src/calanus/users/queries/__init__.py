"""The SQL of people: accounts, members, preferences, failed sign-ins."""

from datetime import datetime

from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value
from calanus.kit.ids import ProjectId, UserId
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    Guest,
    Member,
    NewUser,
    Organisation,
    User,
)

COLUMNS = """
    user_id, email, name, organisation, country, orcid, role, status, reason, created_at,
    tokens_valid_from, guest, status_at, status_comment, email_confirmed_at,
    EXISTS (
        SELECT 1 FROM members m WHERE m.user_id = users.user_id AND m.privilege = 'Manage'
    ) AS manages
"""


def find(conn: Connection, user_id: int) -> User | None:
    """One account, with whether it manages any project: what every request asks first."""
    return fetch_one(
        conn, User, f"SELECT {COLUMNS} FROM users WHERE user_id = %(user_id)s", user_id=user_id
    )


def find_by_email(conn: Connection, email: str) -> User | None:
    """E-mail addresses differ by more than their case."""
    sql = f"SELECT {COLUMNS} FROM users WHERE lower(email) = lower(%(email)s)"
    return fetch_one(conn, User, sql, email=email)


def find_by_openid(conn: Connection, issuer: str, subject: str) -> User | None:
    """The account that is tied to an identity elsewhere."""
    sql = f"""
        SELECT {COLUMNS} FROM users
         WHERE openid_issuer = %(issuer)s AND openid_subject = %(subject)s
    """
    return fetch_one(conn, User, sql, issuer=issuer, subject=subject)


def tie_to_openid(conn: Connection, user_id: UserId, issuer: str, subject: str) -> bool:
    """Tie an account to an identity; false when it is tied to another of the same provider."""
    sql = """
        UPDATE users SET openid_issuer = %(issuer)s, openid_subject = %(subject)s
         WHERE user_id = %(user_id)s
           AND (openid_issuer IS DISTINCT FROM %(issuer)s OR openid_subject = %(subject)s)
    """
    return execute(conn, sql, user_id=user_id, issuer=issuer, subject=subject) == 1


def forget_password(conn: Connection, user_id: UserId) -> None:
    """Whoever knows the password of this account knows nothing from now on."""
    sql = "UPDATE users SET password_hash = NULL WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id)


def find_many(conn: Connection, user_ids: list[int]) -> list[User]:
    """Accounts by id, the newest first as EcoTaxa lists them."""
    sql = f"SELECT {COLUMNS} FROM users WHERE user_id = ANY(%(ids)s) ORDER BY user_id DESC"
    return fetch_all(conn, User, sql, ids=user_ids)


def all_users(conn: Connection) -> list[User]:
    """Every account, the newest first."""
    sql = f"SELECT {COLUMNS} FROM users WHERE NOT guest ORDER BY user_id DESC"
    return fetch_all(conn, User, sql)


def search(conn: Connection, pattern: str) -> list[User]:
    """Active accounts whose name matches a LIKE pattern, as EcoTaxa's clients send it."""
    sql = f"""
        SELECT {COLUMNS} FROM users WHERE status = 1 AND NOT guest AND name ILIKE %(pattern)s
         ORDER BY lower(name), user_id LIMIT 5000
    """
    return fetch_all(conn, User, sql, pattern=pattern)


def managers(conn: Connection) -> list[User]:
    """Active application managers, the first made first."""
    sql = f"""
        SELECT {COLUMNS} FROM users WHERE status = 1 AND NOT guest AND role = 'application-manager'
         ORDER BY user_id
    """
    return fetch_all(conn, User, sql)


def password_hash(conn: Connection, user_id: UserId) -> str | None:
    """The only query that reads it."""
    return fetch_value(conn, "SELECT password_hash FROM users WHERE user_id = %(id)s", id=user_id)


def insert(conn: Connection, new: NewUser, hashed: str | None) -> UserId | None:
    """A new, active account; nothing when somebody got one of this address at the same moment."""
    sql = """
        INSERT INTO users (email, name, organisation, country, orcid, role, password_hash)
        VALUES (%(email)s, %(name)s, %(organisation)s, %(country)s, %(orcid)s, %(role)s, %(hashed)s)
        ON CONFLICT (lower(email)) DO NOTHING
        RETURNING user_id
    """
    values = {name: value for name, value in vars(new).items() if name != "password"}
    return fetch_value(conn, sql, **values, hashed=hashed)


def promote_guest(conn: Connection, user_id: UserId, new: NewUser, hashed: str | None) -> None:
    """A guest who was cited gets a way in, and keeps the id."""
    sql = """
        UPDATE users SET guest = false, status = 1, name = %(name)s,
                         organisation = %(organisation)s, country = %(country)s, orcid = %(orcid)s,
                         password_hash = %(hashed)s
         WHERE user_id = %(user_id)s AND guest
    """
    values = {name: getattr(new, name) for name in ("name", "organisation", "country", "orcid")}
    execute(conn, sql, user_id=user_id, **values, hashed=hashed)


def confirm_email(conn: Connection, user_id: UserId, email: str, *, at: datetime) -> None:
    """The address of an account, which its owner has shown to read."""
    sql = """
        UPDATE users SET email = %(email)s, email_confirmed_at = %(at)s WHERE user_id = %(user_id)s
    """
    execute(conn, sql, user_id=user_id, email=email, at=at)


def vouch_for_email(conn: Connection, user_id: UserId) -> None:
    """An address for which who made the account answers."""
    sql = "UPDATE users SET email_confirmed_at = created_at WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id)


def doubt_email(conn: Connection, user_id: UserId) -> None:
    """An address that nobody has confirmed."""
    sql = "UPDATE users SET email_confirmed_at = NULL WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id)


def set_reason(conn: Connection, user_id: UserId, reason: str | None) -> None:
    """Why somebody wants an account."""
    sql = "UPDATE users SET reason = %(reason)s WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id, reason=reason)


def set_password(conn: Connection, user_id: UserId, hashed: str, *, valid_from: datetime) -> None:
    """A new password revokes the tokens given before it."""
    sql = """
        UPDATE users SET password_hash = %(hashed)s, tokens_valid_from = %(valid_from)s
         WHERE user_id = %(user_id)s
    """
    execute(conn, sql, user_id=user_id, hashed=hashed, valid_from=valid_from)


def rehash(conn: Connection, user_id: UserId, hashed: str) -> None:
    """The same password under stronger parameters; tokens stay good."""
    execute(
        conn,
        "UPDATE users SET password_hash = %(hashed)s WHERE user_id = %(user_id)s",
        user_id=user_id,
        hashed=hashed,
    )


def revoke_tokens(conn: Connection, user_id: UserId, *, valid_from: datetime) -> None:
    """Sign out everywhere."""
    sql = "UPDATE users SET tokens_valid_from = %(valid_from)s WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id, valid_from=valid_from)


def set_status(
    conn: Connection,
    user_id: UserId,
    status: AccountStatus,
    role: AccountRole,
    *,
    comment: str | None = None,
    at: datetime | None = None,
) -> None:
    """Block or activate; what was remarked before goes."""
    sql = """
        UPDATE users SET status = %(status)s, role = %(role)s, status_comment = %(comment)s,
                         status_at = coalesce(%(at)s, now())
         WHERE user_id = %(user_id)s
    """
    execute(conn, sql, user_id=user_id, status=int(status), role=role, comment=comment, at=at)


def set_role(conn: Connection, user_id: UserId, role: AccountRole) -> None:
    """Appoint, or dismiss."""
    sql = "UPDATE users SET role = %(role)s WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id, role=role)


def set_status_comment(conn: Connection, user_id: UserId, comment: str | None) -> None:
    """Why an account is as it is."""
    sql = "UPDATE users SET status_comment = %(comment)s WHERE user_id = %(user_id)s"
    execute(conn, sql, user_id=user_id, comment=comment)


def describe(conn: Connection, user_id: UserId, values: Guest) -> None:
    """Replace what an account says of its person."""
    sql = """
        UPDATE users SET email = %(email)s, name = %(name)s, organisation = %(organisation)s,
                         country = %(country)s, orcid = %(orcid)s
         WHERE user_id = %(user_id)s AND NOT guest
    """
    execute(conn, sql, user_id=user_id, **vars(values))


def failures_of(conn: Connection, who: list[str], *, since: datetime) -> int:
    """The most failed sign-ins of an account or an address since a moment."""
    sql = """
        SELECT coalesce(max(failures), 0) FROM sign_in_failures
         WHERE who = ANY(%(who)s) AND last_at > %(since)s
    """
    return int(fetch_value(conn, sql, who=who, since=since))


def count_failure(conn: Connection, who: list[str], *, at: datetime, since: datetime) -> None:
    """One more; older ones are forgotten. In sorted order, so that two never deadlock."""
    sql = """
        INSERT INTO sign_in_failures AS f (who, failures, last_at)
        SELECT name, 1, %(at)s FROM unnest(%(who)s::text[]) AS name ORDER BY name
        ON CONFLICT (who) DO UPDATE
           SET failures = CASE WHEN f.last_at > %(since)s THEN f.failures + 1 ELSE 1 END,
               last_at = %(at)s
    """
    execute(conn, sql, who=who, at=at, since=since)


def forget_failures(conn: Connection, who: list[str]) -> None:
    """A good sign-in clears the account."""
    execute(conn, "DELETE FROM sign_in_failures WHERE who = ANY(%(who)s)", who=who)


def members(conn: Connection, project_ids: list[int]) -> list[Member]:
    """Who holds what in projects."""
    sql = """
        SELECT m.project_id, m.user_id, m.privilege, u.name, u.email, u.organisation
          FROM members m JOIN users u USING (user_id)
         WHERE m.project_id = ANY(%(project_ids)s) ORDER BY lower(u.name), u.user_id
    """
    return fetch_all(conn, Member, sql, project_ids=project_ids)


def set_members(conn: Connection, project_id: ProjectId, held: dict[int, str]) -> None:
    """Replace all members of a project."""
    execute(conn, "DELETE FROM members WHERE project_id = %(project_id)s", project_id=project_id)
    sql = """
        INSERT INTO members (project_id, user_id, privilege)
        SELECT %(project_id)s, u, p
          FROM unnest(%(users)s::int[], %(privileges)s::text[]) AS t (u, p)
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        users=list(held.keys()),
        privileges=[str(p) for p in held.values()],
    )


def preference(conn: Connection, user_id: UserId, project_id: int, key: str) -> str | None:
    """One remembered text."""
    sql = """
        SELECT value FROM preferences
         WHERE user_id = %(user_id)s AND project_id = %(project_id)s AND key = %(key)s
    """
    return fetch_value(conn, sql, user_id=user_id, project_id=project_id, key=key)


def preferences(conn: Connection, user_id: UserId) -> int:
    """How many texts somebody has us remember."""
    sql = "SELECT count(*) FROM preferences WHERE user_id = %(user_id)s"
    return fetch_value(conn, sql, user_id=user_id)


def set_preference(
    conn: Connection, user_id: UserId, project_id: int, key: str, value: str
) -> None:
    """Remember a text."""
    sql = """
        INSERT INTO preferences (user_id, project_id, key, value)
        VALUES (%(user_id)s, %(project_id)s, %(key)s, %(value)s)
        ON CONFLICT (user_id, project_id, key) DO UPDATE SET value = excluded.value
    """
    execute(conn, sql, user_id=user_id, project_id=project_id, key=key, value=value)


def forget_preference(conn: Connection, user_id: UserId, project_id: int, key: str) -> None:
    """Forget a text."""
    sql = """
        DELETE FROM preferences
         WHERE user_id = %(user_id)s AND project_id = %(project_id)s AND key = %(key)s
    """
    execute(conn, sql, user_id=user_id, project_id=project_id, key=key)


# --- Guests and organisations --------------------------------------------------------------------


def guests(conn: Connection, pattern: str) -> list[User]:
    """People without a way in, by name."""
    sql = f"""
        SELECT {COLUMNS} FROM users WHERE guest AND name ILIKE %(pattern)s
         ORDER BY lower(name), user_id LIMIT 5000
    """
    return fetch_all(conn, User, sql, pattern=pattern)


def named(conn: Connection, name: str) -> list[User]:
    """Accounts and guests of exactly this e-mail address or, in any case of letters, this name."""
    sql = f"""
        SELECT {COLUMNS} FROM users
         WHERE lower(email) = lower(%(name)s) OR lower(name) = lower(%(name)s) ORDER BY user_id
    """
    return fetch_all(conn, User, sql, name=name)


def insert_guest(conn: Connection, new: Guest) -> UserId:
    """A guest: no password, and not active."""
    sql = """
        INSERT INTO users (email, name, organisation, country, orcid, status, guest)
        VALUES (%(email)s, %(name)s, %(organisation)s, %(country)s, %(orcid)s, 0, true)
        RETURNING user_id
    """
    return UserId(fetch_value(conn, sql, **vars(new)))


def update_guest(conn: Connection, user_id: int, new: Guest) -> None:
    """Replace what is known of a guest."""
    sql = """
        UPDATE users SET email = %(email)s, name = %(name)s, organisation = %(organisation)s,
                         country = %(country)s, orcid = %(orcid)s
         WHERE user_id = %(user_id)s AND guest
    """
    execute(conn, sql, user_id=user_id, **vars(new))


ORGANISATION = "organisation_id, name, directories"


def organisations(conn: Connection, pattern: str) -> list[Organisation]:
    """Organisations whose name matches a LIKE pattern."""
    sql = f"""
        SELECT {ORGANISATION} FROM organisations WHERE name ILIKE %(pattern)s
         ORDER BY lower(name), organisation_id LIMIT 5000
    """
    return fetch_all(conn, Organisation, sql, pattern=pattern)


def organisations_by_id(conn: Connection, ids: list[int]) -> list[Organisation]:
    """Organisations by id; unknown ids are left out."""
    sql = f"""
        SELECT {ORGANISATION} FROM organisations WHERE organisation_id = ANY(%(ids)s)
         ORDER BY lower(name), organisation_id
    """
    return fetch_all(conn, Organisation, sql, ids=ids)


def organisation_named(conn: Connection, name: str) -> Organisation | None:
    """The organisation of this name, in any case of letters."""
    sql = f"SELECT {ORGANISATION} FROM organisations WHERE lower(name) = lower(%(name)s)"
    return fetch_one(conn, Organisation, sql, name=name)


def insert_organisation(conn: Connection, name: str, directories: str) -> int | None:
    """A new organisation; nothing when somebody made one of this name at the same moment."""
    sql = """
        INSERT INTO organisations (name, directories) VALUES (%(name)s, %(directories)s)
        ON CONFLICT (lower(name)) DO NOTHING RETURNING organisation_id
    """
    return fetch_value(conn, sql, name=name, directories=directories)


def update_organisation(
    conn: Connection, organisation_id: int, name: str, directories: str
) -> None:
    """Replace what is known of an organisation."""
    sql = """
        UPDATE organisations SET name = %(name)s, directories = %(directories)s
         WHERE organisation_id = %(organisation_id)s
    """
    execute(conn, sql, organisation_id=organisation_id, name=name, directories=directories)
