"""The independent checker of the ledger's invariants (see README.md)."""
