"""Small extracts of the register in its real form, with invented names."""

HEADER = (
    "satzart,textkennzeichen,land,rb,kreis,vb,gemeinde,gemeindename,flaeche,bevoelkerung,maennlich,weiblich,jekm2,"
    "postleitzahl,laengengrad,breitengrad,schluessel,bezeichnung,verstaedterungschluessel,verstaedterungbezeichnung"
)


def row(kind: str, code: str, ars: str, name: str, people: str = "", east: str = "", north: str = "") -> str:
    """One line; `ars` in full digits, cut into its parts."""
    parts = [ars[:2], ars[2:3], ars[3:5], ars[5:9], ars[9:12]]
    cells = [kind, code, *parts, f'"{name}"', "", people, "", "", "", "", f'"{east}"', f'"{north}"', "", "", "", ""]
    return ",".join(cells)


def municipality(ars: str, name: str, people: str = "  1 000", code: str = "64", east: str = "9,5") -> str:
    return row("60", code, ars, name, people, east, "54,25")


def extract(*rows: str, header: str = HEADER) -> bytes:
    return "\ufeff".encode() + "\n".join([header, *rows]).encode()


AMT = (
    row("10", "", "01", "Schleswig-Holstein"),
    row("40", "43", "01051", "Dithmarschen"),
    row("50", "51", "010515163", "Nordermoor"),
    municipality("010515163003", "Averlund", "  1 500", east="9,0"),
    municipality("010515163010", "Brickholm, Flecken", " 500", east="10,0"),
    row("50", "50", "010510044", "Heidstadt, Stadt"),
    municipality("010510044044", "Heidstadt, Stadt", " 21 852", code="63"),
)
