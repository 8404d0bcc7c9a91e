"""The pure core as the processor drives it: records in, records out, no Kafka."""

from services.safety.core.ledger_core import LedgerCore

__all__ = ["LedgerCore"]
