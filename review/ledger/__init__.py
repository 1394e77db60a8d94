"""What people decided, signed and in order: append-only, in one file or in PostgreSQL."""

from review.ledger.chain import Anchor, Entry
from review.ledger.identity import Author, current_author
from review.ledger.store import Ledger, open_ledger
from review.ledger.verification import Verification

__all__ = ["Anchor", "Author", "Entry", "Ledger", "Verification", "current_author", "open_ledger"]
