"""Is it a person? Asked of a service that speaks reCAPTCHA's protocol (hCaptcha's, Turnstile's)."""

import logging

from calanus.kit.outside import OutsideTrouble, fetch_json
from calanus.kit.settings import Settings

logger = logging.getLogger(__name__)
LONGEST = 4096


def proven(settings: Settings, no_bot: list[str], *, address: str) -> bool:
    """Whether a proof convinces; everybody does where none is asked for.

    EcoTaxa's pair `no_bot` is the caller's address, which we know better unless a front end asks
    for somebody, and the proof.
    """
    if not settings.captcha_secret:
        return True
    if not no_bot or not 0 < len(no_bot[-1]) <= LONGEST:
        return False
    form = {"secret": settings.captcha_secret, "response": no_bot[-1]}
    if told := address or "".join(no_bot[:-1]):
        form["remoteip"] = told[:LONGEST]
    try:
        return fetch_json(settings.captcha_url, form=form).get("success") is True
    except OutsideTrouble as trouble:
        logger.warning("No proof could be looked at: %s", trouble)
        return False
