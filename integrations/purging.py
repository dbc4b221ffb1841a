"""The tables of this app that hold data of customers, in the order in which rows can go."""

from integrations.tables import Table

TABLES = (
    # What ovice is still to be told of an installation outlives it.
    Table("integrations.Callback", "organization"),
    Table("integrations.Installation", "organization", "pk"),
    Table("integrations.Space", "organization"),
    Table("integrations.DataKey", "organization"),
    Table("integrations.Organization", "pk"),
)
WITHOUT_CUSTOMERS = {
    "integrations.Removal": "the ledger of removals: keyed hashes, counts and receipts",
}
