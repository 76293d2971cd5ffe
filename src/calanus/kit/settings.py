"""All an installation may change, read once, at the door."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Settings: the environment (`CALANUS_…`), else `config.toml` in the data folder."""

    model_config = SettingsConfigDict(env_prefix="CALANUS_", frozen=True, extra="ignore")

    data: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("calanus")))
    database_url: str = ""  # empty: the embedded PostgreSQL of the data folder
    pg_bin: str = ""  # folder of other PostgreSQL programs for the embedded server
    policy: Literal["strict", "collaborative"] = "strict"
    secret_key: str = ""  # empty: made once and kept in the data folder
    admin_email: str = ""
    admin_password: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""  # the address people type, when a proxy stands before us
    front_ends: str = ""  # addresses of servers that ask for many people, with commas between
    export_area: Path | None = None  # a folder to which exports are copied when asked (out_to_ftp)
    max_upload_bytes: int = 20 * 2**30
    user_quota_bytes: int = Field(default=200 * 2**30, ge=0)
    trash_days: float = Field(default=14, gt=0)
    finished_job_days: float = Field(default=7, gt=0)
    job_days: float = Field(default=30, gt=0)
    common_files: str = ""  # a folder whose content everybody may import
    max_package_members: int = 5_000_000
    max_unpacked_bytes: int = 200 * 2**30
    max_image_pixels: int = 20_000 * 20_000
    reader_url: str = ""  # the database as a role that can only read; empty: made here
    metrics: Literal["off", "local", "open"] = "local"
    dask_scheduler: str = ""  # tcp://host:8786; empty: deep features are computed here
    worms_url: str = ""  # empty: no server outside is asked about names
    worms_cache_days: float = Field(default=30, ge=0)
    taxonomy_server_url: str = ""  # empty: this installation's own tree is the reference
    taxonomy_server_instance: int = Field(default=0, ge=0)
    taxonomy_server_secret: str = ""
    outside_timeout: float = Field(default=10, gt=0, le=120)  # seconds
    outside_max_bytes: int = Field(default=32 * 2**20, gt=0)
    smtp_host: str = ""  # empty: no mail is sent
    smtp_port: int = Field(default=0, ge=0, le=65535)  # 0: the usual one
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    mail_sender: str = ""
    registration: Literal["closed", "open"] = "closed"
    email_verification: bool = False
    account_validation: bool = False
    captcha_secret: str = ""  # empty: no captcha
    captcha_url: str = "https://www.google.com/recaptcha/api/siteverify"
    openid_issuer: str = ""  # empty: no sign-in with OpenID
    openid_client_id: str = ""
    openid_client_secret: str = ""
    openid_name: str = "OpenID"
    openid_new_accounts: bool = True

    @field_validator("front_ends")
    @classmethod
    def addresses_of_front_ends(cls, told: str) -> str:
        """The addresses in one form, with commas between."""
        return ",".join(str(ip_address(each.strip())) for each in told.split(",") if each.strip())

    def is_front_end(self, host: str) -> bool:
        """Whether this is the address of a server that asks for many people."""
        return host in self.front_ends.split(",")

    @property
    def address(self) -> str:
        """Where people find the page: what links in letters begin with, whoever asked for them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is said on the command line wins over the environment, and that over the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def read_settings(data: Path | None = None) -> Settings:
    """The settings of one data folder: environment, `config.toml`, and the folder itself."""
    folder = (data or Settings().data).expanduser().resolve()

    class Here(Settings):
        model_config = SettingsConfigDict(toml_file=folder / "config.toml")

    return Here(data=folder)
