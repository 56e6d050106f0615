"""The words an organisation is described in. Plain Python, for rules and parsers."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """`MUNICIPALITY` is every territorial authority; the others are its partners."""

    MUNICIPALITY = "municipality"
    ASSOCIATION = "association"
    BUSINESS = "business"
    SCIENCE = "science"
    INSTITUTION = "institution"


PARTNER_KINDS = frozenset(OrganisationKind) - {OrganisationKind.MUNICIPALITY}


class Level(StrEnum):
    """Where a territorial authority stands. A `MUNICIPAL_ASSOCIATION` is a Samtgemeinde, an Amt …"""

    MUNICIPALITY = "municipality"
    MUNICIPAL_ASSOCIATION = "municipal_association"
    COUNTY = "county"
    STATE = "state"


class KeyScheme(StrEnum):
    """AGS and ARS are German, LAU is Europe's: the country's code, an underscore, the local key."""

    AGS = "ags"
    ARS = "ars"
    LAU = "lau"
