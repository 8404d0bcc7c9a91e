"""TLS of the doors, from the environment: certificate, key, and the authority of clients' certificates."""

import ssl

from services.intake.settings import BadSettings, Prefixed


def server_tls(get: Prefixed, door: str, *, required: bool) -> ssl.SSLContext | None:
    """TLS for the door of these settings ("INTAKE_HTTP", "INTAKE_MLLP"), None where it speaks plainly.

    Where `_CLIENT_CA` is given, a client's certificate must be of that authority; `required` says whether
    each client must show one. Raises `BadSettings`.
    """
    certificate, key = get(f"{door}_CERTIFICATE", ""), get(f"{door}_KEY", "")
    authority = get(f"{door}_CLIENT_CA", "")
    if not (certificate or key or authority):
        return None
    if not certificate or not key:
        raise BadSettings(f"TLS needs DOSEWARDEN_{door}_CERTIFICATE and _KEY, both files in PEM")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
            # A resumed session would not have its certificate looked at again.
            context.num_tickets = 0
            context.options |= ssl.OP_NO_TICKET
    except (OSError, ValueError) as error:
        raise BadSettings(
            f"the files of DOSEWARDEN_{door}_CERTIFICATE, _KEY or _CLIENT_CA cannot be used: they must be"
            " readable, in PEM, without a passphrase, and the key must be the certificate's"
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a passphrase")
