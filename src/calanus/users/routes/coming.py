"""How HTTP asks to come in: sign in and out, register, confirm, choose a new password."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from calanus.kit import mail
from calanus.kit.errors import CalanusError, TooMany
from calanus.kit.http import Db, Installation
from calanus.kit.interface import refusal
from calanus.kit.settings import Settings
from calanus.users import captcha, limits, links, passwords, registration, service
from calanus.users.policy import Act, ask
from calanus.users.routes.models import (
    WHOLE_ACCOUNT,
    AccountReq,
    MinUserModel,
    UserModelWithRights,
    full_user,
    min_user,
)
from calanus.users.session import (
    COOKIE,
    CurrentUser,
    MaybeUser,
    Now,
    address_of,
    enter,
    token_of,
)
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    AccountWaits,
    ActRefused,
    Decision,
    EmailTaken,
    NotHuman,
    Purpose,
    SignedInAlready,
    User,
)

router = APIRouter()
Secret = Annotated[str | None, Query(max_length=200)]


class LoginReq(BaseModel):
    username: str = Field(max_length=255)
    password: str = Field(max_length=1024)
    cookie: bool = False  # a page of ours: the browser is to keep the token


class PasswordReq(BaseModel):
    current: str = Field(max_length=1024)
    password: str = Field(max_length=1024)


class ResetPasswordReq(BaseModel):
    """First the address; then, with the token of the letter, the new password."""

    id: int | None = -1
    email: str | None = Field(default=None, max_length=255)
    password: str | None = Field(default=None, max_length=1024)


class UserActivateReq(BaseModel):
    """What comes with a new status: why; or, from the owner, the token of a letter."""

    token: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=2000)
    password: str | None = Field(default=None, max_length=1024)


class LinkReq(BaseModel):
    token: str = Field(max_length=200)


class LinkModel(BaseModel):
    """What a link in a letter is for, and what is known of the account."""

    purpose: Purpose
    email: str
    user: UserModelWithRights | None = None


class SignInOptions(BaseModel):
    """By which ways people come in here."""

    mail: bool
    registration: bool
    email_verification: bool
    account_validation: bool
    captcha: bool
    openid: str | None


def refused(error: CalanusError) -> Response:
    """Answer with an error that was not raised, so that what was counted is kept."""
    if isinstance(error, AccountWaits):
        return JSONResponse({"detail": [waiting(error)]}, error.status)
    return JSONResponse({"detail": str(error)}, error.status)


def waiting(error: AccountWaits) -> dict[str, Any]:
    """Why an account may not come in; all of its profile when it is to be completed."""
    account = full_user(error.user).model_dump(mode="json", exclude={"password", "can_do"})
    if error.user.status != AccountStatus.PENDING:
        account = {name: account[name] for name in ("id", "status", "mail_status")}
    return {**account, "msg": str(error)}


def proof(
    request: Request,
    settings: Installation,
    no_bot: Annotated[list[str] | None, Query(max_length=2)] = None,
) -> bool:
    """Whether somebody has shown to be no robot; no connection waits while it is looked at."""
    return captcha.proven(settings, no_bot or [], address=address_of(request))


Human = Annotated[bool, Depends(proof)]


def count_anonymous(
    request: Request, conn: Db, user: User | None, human: bool, *, what: str, at: Now
) -> None:
    """Let nobody in particular go on, if it is a person and not too often."""
    if user is None:
        if not human:
            raise NotHuman
        if address := address_of(request):
            limits.count_place(conn, what, limits.place_of(address), at=at)


@router.get("/sign_in", operation_id="sign_in_options", tags=["authentification"])
def sign_in_options(settings: Installation) -> SignInOptions:
    """By which ways people come in here; for everybody."""
    return options(settings)


def options(settings: Settings) -> SignInOptions:
    """What the settings open."""
    sends = mail.configured(settings)
    return SignInOptions(
        mail=sends,
        registration=settings.registration == "open" and (sends or not settings.email_verification),
        email_verification=settings.email_verification,
        account_validation=settings.account_validation,
        captcha=bool(settings.captcha_secret),
        openid=settings.openid_name if settings.openid_issuer else None,
    )


@router.post(
    "/login",
    operation_id="login",
    tags=["authentification"],
    response_model=str,
    responses=refusal(TooMany),
)
def login(
    order: LoginReq, request: Request, conn: Db, settings: Installation, now: Now
) -> Response:
    """Sign in: the token as bare JSON, and as a cookie too for a page that asks for one."""
    outcome = service.sign_in(
        conn,
        order.username,
        order.password,
        address=address_of(request),
        at=now,
        tell_status=settings.account_validation,
    )
    if isinstance(outcome, CalanusError):
        return refused(outcome)
    token = token_of(outcome, request.app.state.secret_key)
    response = JSONResponse(token)
    if order.cookie:
        enter(request, response, token)
    return response


@router.post("/logout", operation_id="logout", tags=["authentification"])
def logout(response: Response) -> None:
    """Forget the page's cookie; tokens given to scripts stay good."""
    response.delete_cookie(COOKIE)


@router.post("/users/me/sign_out_everywhere", operation_id="sign_out_everywhere", tags=["users"])
def sign_out_everywhere(user: CurrentUser, conn: Db, now: Now, response: Response) -> None:
    """Revoke every token of one's own account, personal ones too."""
    service.sign_out_everywhere(conn, user, at=now)
    response.delete_cookie(COOKIE)


@router.put(
    "/users/me/password",
    operation_id="change_password",
    tags=["users"],
    response_model=None,
    responses=refusal(TooMany),
)
def change_password(
    order: PasswordReq,
    request: Request,
    user: CurrentUser,
    conn: Db,
    settings: Installation,
    now: Now,
    response: Response,
) -> Response | None:
    """Change one's own password, which revokes every token given before, personal ones too."""
    known = service.sign_in(conn, user.email, order.current, address=address_of(request), at=now)
    if isinstance(known, CalanusError):
        return refused(known)
    passwords.change(conn, known, order.password, settings=settings, at=now)
    response.delete_cookie(COOKIE)
    return None


@router.post(
    "/users/create",
    operation_id="create_user",
    tags=["users"],
    openapi_extra=WHOLE_ACCOUNT,
    response_model=MinUserModel | None,
    responses=refusal(TooMany),
)
def create_user(
    human: Human,
    order: AccountReq,
    request: Request,
    user: MaybeUser,
    conn: Db,
    settings: Installation,
    now: Now,
    token: Secret = None,
) -> MinUserModel | Response | None:
    """Make an account: an application manager for somebody, or somebody for themselves.

    Where addresses are confirmed, the first call sends a letter and answers null; the second one
    brings the token of the letter, and the whole profile. Without a password, an application
    manager has a letter sent in which the owner chooses one.
    """
    if user is not None:
        return min_user(made_by(user, order, conn, settings, now))
    count_anonymous(request, conn, user, human, what="register", at=now)
    password = order.new_password or ""
    try:
        if token:
            made = registration.complete(
                conn, token, order.profile, password, settings=settings, at=now
            )
        else:
            made = registration.register(conn, order.profile, password, settings=settings, at=now)
    except EmailTaken as taken:
        return refused(taken)
    return min_user(made) if made else None


def made_by(user: User, order: AccountReq, conn: Db, settings: Settings, now: Now) -> User:
    """An account made by an application manager."""
    role = AccountRole.APPLICATION_MANAGER if 2 in (order.can_do or []) else AccountRole.USER
    new = replace(registration.account_of(order.profile), password=order.new_password, role=role)
    reason = order.profile.reason
    return registration.enrol(conn, new, reason, by=user, settings=settings, at=now)


@router.post(
    "/users/activate/{user_id}/{status}",
    operation_id="activate_user",
    tags=["users"],
    response_model=MinUserModel,
    responses=refusal(TooMany),
)
def activate_user(
    human: Human,
    user_id: int,
    status: str,
    request: Request,
    user: MaybeUser,
    conn: Db,
    settings: Installation,
    now: Now,
    order: UserActivateReq | None = None,
) -> MinUserModel | Response:
    """Open an account, ask for more, or close it, as an application manager.

    Anybody else confirms a new address: with the token of the letter, and the password.
    """
    order = order or UserActivateReq()
    if user is not None:
        ask(user, Act.ADMINISTRATE)
        decision = Decision(status_named(status), order.reason)
        return min_user(
            registration.decide(conn, user_id, decision, by=user, settings=settings, at=now)
        )
    count_anonymous(request, conn, user, human, what="confirm", at=now)
    if order.token is None or status != "active":
        raise ActRefused("You can't do this: sign in as an application manager.")
    outcome = registration.confirm_address(
        conn,
        order.token,
        order.password or "",
        address=address_of(request),
        settings=settings,
        at=now,
    )
    return refused(outcome) if isinstance(outcome, CalanusError) else min_user(outcome)


def status_named(name: str) -> AccountStatus:
    """A status by its name on the wire."""
    known = {state.name.lower(): state for state in AccountStatus}
    if name not in known:
        raise CalanusError(f"“{name}” is no status; known are {', '.join(known)}.")
    return known[name]


@router.post(
    "/users/reset_user_password",
    operation_id="reset_user_password",
    tags=["users"],
    responses=refusal(TooMany),
)
def reset_user_password(
    human: Human,
    order: ResetPasswordReq,
    request: Request,
    user: MaybeUser,
    conn: Db,
    settings: Installation,
    now: Now,
    token: Secret = None,
) -> None:
    """Forgot the password: ask for a letter, whose token then allows a new one.

    The first answer is the same whether or not there is an account for the address.
    """
    if user is not None:
        raise SignedInAlready
    count_anonymous(request, conn, user, human, what="reset", at=now)
    if token:
        passwords.reset(conn, token, order.password or "", settings=settings, at=now)
    else:
        passwords.ask_to_reset(conn, order.email or "", settings=settings, at=now)


@router.post("/users/link", operation_id="read_link", tags=["users"])
def read_link(order: LinkReq, conn: Db, now: Now) -> LinkModel:
    """What the token of a letter is for; it stays good."""
    link = links.look(conn, order.token, at=now)
    owner = service.find(conn, link.user_id) if link.user_id else None
    if owner and link.purpose not in (Purpose.PROFILE, Purpose.EMAIL):
        owner = None
    return LinkModel(
        purpose=link.purpose, email=link.email, user=full_user(owner) if owner else None
    )
