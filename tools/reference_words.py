"""What settings are for, in words: the page of settings is made from these."""

SETTINGS = {
    "data": "The data folder: the embedded PostgreSQL, the vault of images, jobs and uploads.",
    "database_url": (
        "A PostgreSQL server (15 or later) to use instead of the embedded one, as "
        "`postgresql://user:password@host/database`."
    ),
    "pg_bin": (
        "The folder of other PostgreSQL programs (`postgres`, `initdb`) for the embedded server, "
        "such as `/usr/lib/postgresql/15/bin`."
    ),
    "policy": (
        "Who may do what: `strict` (managers import and predict, application managers create "
        "projects) or `collaborative` (EcoTaxa's rules). See [rights](rights.md)."
    ),
    "secret_key": (
        "Signs the tokens of signed-in people. Made once and kept in the data folder when empty; "
        "several servers of one installation need the same, and so does EcoTaxa's front end."
    ),
    "admin_email": "The application manager made at the first start.",
    "admin_password": "That person's password. Made and printed once when empty.",
    "host": "The address to listen on; `0.0.0.0` for all.",
    "port": "The port to listen on; 0 for any that is free.",
    "public_url": "The address people type, when a proxy stands before Calanus.",
    "front_ends": (
        "Addresses on the network, with commas between, of servers that ask for many people, such "
        "as [EcoTaxa's front end](../howto/ecotaxa-front-end.md): failed sign-ins from there count "
        "by account alone, and requests for accounts by e-mail address."
    ),
    "export_area": "A folder to which exports are copied with `out_to_ftp`, such as that "
    "of an FTP server.",
    "max_upload_bytes": "The largest upload.",
    "user_quota_bytes": (
        "How much each person may store among their files, trash and unfinished uploads included; "
        "0 for no limit."
    ),
    "finished_job_days": "Days after which a finished import, export or subset is put away: its "
    "files go, its log stays.",
    "job_days": "The same for those that failed, were stopped, or wait for an answer.",
    "trash_days": "Days after which what a person threw away is erased.",
    "common_files": (
        "A folder of this server, or of a disk mounted on it, from which everybody signed in may "
        "import; it is only read. See [files](../howto/files.md#folders-of-the-server)."
    ),
    "max_package_members": "The most files in one package.",
    "max_unpacked_bytes": "What the archives of a package may take on the disk, unpacked, while "
    "they are read.",
    "max_image_pixels": "The largest image, in pixels; larger ones are never decoded.",
    "reader_url": (
        "The same database as a role that can only read, for direct questions "
        "(`GET /admin/db/query`). Empty: Calanus makes such a role, where its own may. See "
        "[direct questions](../howto/run-on-a-server.md#direct-questions)."
    ),
    "metrics": (
        "Who may read `GET /metrics`, beside the application manager: `local` (programs of this "
        "server), `open` (everybody), or `off`. See "
        "[watch it](../howto/run-on-a-server.md#watch-it)."
    ),
    "dask_scheduler": (
        "A Dask scheduler whose workers compute deep features, as `tcp://host:8786`. When empty, "
        "this machine does. "
        "See [more machines](../howto/run-on-a-server.md#deep-features-on-a-cluster)."
    ),
    "worms_url": (
        "The REST interface of the World Register of Marine Species, "
        "`https://www.marinespecies.org/rest`, to find names in it. No server outside is asked "
        "when empty. See [taxonomy](../howto/taxonomy.md#names-of-the-world-register)."
    ),
    "worms_cache_days": "Days for which an answer of the register is not asked for again.",
    "taxonomy_server_url": (
        "A reference server of taxa, such as EcoTaxoServer. When empty, this installation's own "
        "tree is the reference. See [taxonomy](../howto/taxonomy.md#a-reference-server)."
    ),
    "taxonomy_server_instance": "The number by which the reference server knows this installation.",
    "taxonomy_server_secret": "The secret shared with the reference server.",
    "outside_timeout": "Seconds to wait for an answer of a server outside, all tries together.",
    "outside_max_bytes": "The largest answer that is read from a server outside.",
    "smtp_host": (
        "The mail server; empty to send no mail. For this and all that follow see "
        "[mail and sign-in](../howto/mail-and-sign-in.md)."
    ),
    "smtp_port": "Its port; 0 for 587, 465 or 25, by the next.",
    "smtp_security": "`starttls`, `tls` from the first byte, or `none` on the same machine.",
    "smtp_user": "The name with which one signs in to the mail server; empty for none.",
    "smtp_password": "The password for it.",
    "mail_sender": (
        "Whom letters are from, as `Calanus <plankton@example.org>`; empty for `smtp_user`."
    ),
    "registration": "`open`: people ask for accounts; `closed`: application managers make them.",
    "email_verification": "Whether an address is confirmed by letter before it is believed.",
    "account_validation": "Whether an application manager lets each new account in.",
    "captcha_secret": "The secret of a captcha service, which anonymous calls are then to please.",
    "captcha_url": "Where its proofs are looked at.",
    "openid_issuer": "The OpenID provider people may sign in with; needs the extra `openid`.",
    "openid_client_id": "How the provider knows this installation.",
    "openid_client_secret": "The secret between the two.",
    "openid_name": "What the button “Sign in with …” calls the provider.",
    "openid_new_accounts": (
        "Whether people who have no account here get one when they come by OpenID."
    ),
}
