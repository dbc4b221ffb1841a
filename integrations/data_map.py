"""The tables of this app that hold data of customers, in the order in which rows can go."""

from integrations.removal.data_map import Aged, Hooks, Table

TABLES = (
    Table("integrations.Installation", "organization", "pk"),
    Table("integrations.Space", "organization"),
    Table("integrations.DataKey", "organization"),
    Table("integrations.Organization", "pk"),
)
WITHOUT_CUSTOMERS = {
    "integrations.Removal": "the ledger of removals: keyed hashes, counts and receipts",
}
AGED = (
    Aged("integrations.Callback", "happened_at"),
    Aged("integrations.Space", "removed_at"),
    Aged("integrations.Removal", "finished_at"),
)
HOOKS = Hooks()
