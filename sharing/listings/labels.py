"""What the words of a listing are called on screen and in mails."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sharing.listings.terms import (
    Consideration,
    Direction,
    KnowledgeLevel,
    Mode,
    Participation,
    Resource,
    State,
    Unit,
    Visibility,
)

DIRECTION = {Direction.OFFER: _("offer"), Direction.REQUEST: _("request")}
RESOURCE = {
    Resource.EXPERTISE: _("staff and expertise"),
    Resource.EQUIPMENT: _("tools, vehicles and rooms"),
    Resource.PROJECT: _("joint project"),
}
UNIT = {
    Unit.HOURS_PER_WEEK: _("hours a week"),
    Unit.FTE: _("full-time equivalents"),
    Unit.DAYS: _("days"),
    Unit.PIECES: _("pieces"),
    Unit.PLACES: _("places"),
    Unit.PARTNERS: _("partners"),
    Unit.EURO: _("euro"),
    Unit.PROJECT: _("project"),
}
# After “2 of 5”, where German and others need another case.
UNIT_OF = {
    Unit.HOURS_PER_WEEK: pgettext_lazy("2 of 5", "hours a week"),
    Unit.FTE: pgettext_lazy("2 of 5", "full-time equivalents"),
    Unit.DAYS: pgettext_lazy("2 of 5", "days"),
    Unit.PIECES: pgettext_lazy("2 of 5", "pieces"),
    Unit.PLACES: pgettext_lazy("2 of 5", "places"),
    Unit.PARTNERS: pgettext_lazy("2 of 5", "partners"),
    Unit.EURO: pgettext_lazy("2 of 5", "euro"),
    Unit.PROJECT: pgettext_lazy("2 of 5", "project"),
}
MODE = {Mode.ON_SITE: _("on site"), Mode.REMOTE: _("remote"), Mode.HYBRID: _("partly remote")}
CONSIDERATION = {
    Consideration.COST_REFUND: _("refund of costs"),
    Consideration.FEE: _("fee"),
    Consideration.EXCHANGE: _("exchange"),
    Consideration.FREE: _("free of charge"),
    Consideration.MUTUAL: _("mutual aid"),
    Consideration.PARTNERSHIP: _("partnership"),
    Consideration.SALE: _("sale"),
}
LEVEL = {
    KnowledgeLevel.ENTRY: _("entry level"),
    KnowledgeLevel.PRACTITIONER: _("practitioner"),
    KnowledgeLevel.EXPERT: _("expert"),
}
PARTICIPATION = {
    Participation.INFORM: _("residents are informed"),
    Participation.CONSULT: _("residents are consulted"),
    Participation.COOPERATE: _("residents take part in shaping it"),
}
VISIBILITY = {
    Visibility.ALL: _("everyone on the marketplace"),
    Visibility.STATE: _("own Land"),
    Visibility.DISTRICT: _("own Kreis"),
    Visibility.NAMED: _("named organisations"),
}
STATE = {
    State.DRAFT: _("draft"),
    State.PUBLISHED: _("published"),
    State.PAUSED: _("paused"),
    State.FULFILLED: _("fulfilled"),
    State.WITHDRAWN: _("withdrawn"),
    State.EXPIRED: _("expired"),
}

STATE_CHOICES = list(STATE.items())  # the API's description names its enumeration by it
