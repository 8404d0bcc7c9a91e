"""How a broker is spoken to, in Faust's words."""

from faust import SASLCredentials, SSLCredentials
from faust.auth import Credentials

from services.transit.kafka import Broker


def credentials(broker: Broker) -> Credentials | None:
    """Faust's credentials; None where all goes in clear and nobody logs in. Raises `OSError` where a
    certificate is gone since the start.
    """
    context = None if broker.tls is None else broker.tls.context()
    if broker.login is not None:
        return SASLCredentials(
            username=broker.login.username,
            password=broker.login.password,
            mechanism=broker.login.mechanism.value,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)
