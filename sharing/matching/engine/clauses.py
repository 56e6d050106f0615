"""What an advertisement is about: its clauses, without the words of advertising, counting, bargaining and refusing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_CLAUSES, SHORTEST = 12, 3

_ENDS = re.compile(r"(?<=[.!?:])\s+(?=[^\W\d_a-zäöü]|[¿¡„“\"(])|;\s|\n+|\s[–—]\s")
_QUANTITY = re.compile(
    r"""(?ix) (?:\b(?:ca|circa|etwa|rund|gut|knapp|bis\s+zu|about|around|up\s+to|environ)\b\.?\s*)?
    (?<![\w§/.-]) \d[\d.,:/]* \s* (?:%|prozent|percent|vzä|vza|fte|vk|€|euro|eur|std\.?|stunden?|wochenstunden?
    |hours?|hrs?|h
    |uren|uur|heures?|ore|godzin\w*|tagen?|tage|days?|dagen|jours?|giorni|dni|wochen?|weeks?|monate?n?|months?|jahre?n?
    |years?|km|m|cm|meter|t|kg|stück|pieces?)? (?:\s*(?:/|pro|je|die|in\s+der|per|a|par|a\ week)\s*(?:woche
    |week|semaine|jahr|year
    |tag|day|monat|month))? (?![\w])"""
)
_NAME = re.compile(r"\b(?:[A-ZÄÖÜ]{2,}[\w/.-]*|Microsoft|Windows|Office)\s*$")
_BARGAIN = re.compile(
    r"""(?ix) \b(?:im\s+gegenzug|gegenleistung\w*|gegen\s+(?:kosten\w*|erstattung|entgelt|gebühr
    |naturalleistung)|tausch\w*
    |zum\s+ausgleich|ausgleich\s\w+|als\s+dank|revanchieren|erkenntlich|naturalausgleich|leistung\s+gegen\s+leistung
    |dafür\s+(?:geben|bieten|stellen|leihen|verleihen|können|kommen)\w*|kostenerstattung|auslagen\w*|abrechn\w+
    |tagessatz
    |wederdienst|in\s+ruil|en\s+échange|en\s+contrepartie|in\s+return|in\s+exchange|swap\w*|barter|w\s+zamian
    |in\s+cambio
    |wir\s+(?:bieten|geben)\s+(?:dafür|dagegen|im\s+tausch)|statt\s+(?:geld|einer\s+rechnung|honorar)
    |kein\s+entgelt)\b"""
)
_REFUSED = re.compile(
    r"""(?ix) \b(?:nicht|keine?[nmrs]?|niemals|kaum|leider|extern\s+vergeben|not|no|cannot|can't|don't|doesn't
    |without|niet|geen
    |pas|ne|non|nie|bez|senza)\b"""
)
_REFUSAL = re.compile(
    r"""(?ix) \b(?:machen|übernehmen|bieten|leisten|verleihen|vermieten|erledigen|prüfen|enthalten|geeignet
    |dabei|möglich|inbegriffen|do\b
    |include[sd]?|offer|cover|provide|suitable|part\s+of|doen|verzorgen|faisons|compris|facciamo|robimy)\w*"""
)
_OWN = re.compile(
    r"""(?ix) \b(?:(?:machen|erledigen|übernehmen|stellen|bauen|spülen|transportieren|regeln|haben|organisieren
    |liefern|bringen)\s+wir
    (?:\s+\w+){0,3}?\s*(?:selbst|selber|schon|bereits)?|(?:selbst|selber)\s+(?:machen|erledigen|übernehmen
    |stellen)|vorhanden
    |geht\s+auf\s+uns|gehen\s+auf\s+uns|(?:stellen|erledigt|macht|übernimmt)\s+(?:unser|wir)\w*|we\s+(?:supply
    |bring|handle|have)
    |ourselves|zelf|nous-mêmes|sami)\b"""
)
_ADVERT = re.compile(
    r"""(?ix) ^\W*(?:(?:wir|die\s+stadt|die\s+gemeinde|unsere?\s+\w+)\s+)?
    (?:suchen|sucht|suche|gesucht\s+(?:wird|werden)|gesucht|benötigen|benötigt|brauchen|bräuchten|bieten|bietet|biete
    |verleihen|verleihe|vermieten|abzugeben|zu\s+verleihen|ausleihbar|wer\s+(?:hat|hilft|kann|macht|leiht)|looking\s+for
    |wanted|we\s+(?:are\s+looking\s+for|need|offer|seek|can\s+offer)|available|offering|seeking|needed|gezocht
    |wij\s+zoeken|we\s+zoeken|nous\s+(?:cherchons|recherchons|proposons)|recherche|cherche|on\s+cherche|szukamy
    |oferujemy|poszukujemy|cerchiamo|offriamo|cercasi)\b:?\s*
    (?:(?:dringend|ab\s+sofort|eine[nrsm]?|ein|für|jemanden|someone|an?|une?|een)\b\s*)*"""
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """A listing's text, sorted by what the clauses do.

    `subject` is what is offered or asked for, `refused` what is expressly not, `aside` what the author brings along
    or wants in return.
    """

    title: str
    subject: tuple[str, ...]
    refused: tuple[str, ...]
    aside: tuple[str, ...]


@lru_cache(maxsize=16_384)
def clauses(title: str, description: str, *, asks: bool) -> Clauses:
    """Sorts the clauses of one listing. What "we bring" is aside in a request, and the subject of an offer."""
    subject: list[str] = []
    refused: list[str] = []
    aside: list[str] = []
    for sentence in _sentences(description):
        bag = _bag(sentence, asks, subject, refused, aside)
        if len(stripped := _stripped(sentence)) >= SHORTEST:
            bag.append(stripped)
    head = _stripped(title) or title.strip()
    return Clauses(head, tuple(subject[:MOST_CLAUSES]), tuple(refused[:MOST_CLAUSES]), tuple(aside[:MOST_CLAUSES]))


def _sentences(text: str) -> Iterator[str]:
    return (part.strip() for part in _ENDS.split(text[:10_000]) if part and part.strip())


def _bag(sentence: str, asks: bool, subject: list[str], refused: list[str], aside: list[str]) -> list[str]:
    if _BARGAIN.search(sentence):
        return aside
    if _REFUSED.search(sentence) and _REFUSAL.search(sentence):
        return refused
    return aside if asks and _OWN.search(sentence) else subject


def _stripped(sentence: str) -> str:
    """Without quantities and without the advertiser's opening."""
    counted = _QUANTITY.sub(_without, sentence)
    return re.sub(r"\s{2,}", " ", _ADVERT.sub("", counted)).strip().strip(" –—-,;:").strip()


def _without(number: re.Match[str]) -> str:
    """A blank, unless the number is part of a name: DIN EN 1176, Microsoft 365."""
    alone = re.fullmatch(r"[\d.,:/\s]+", number.group())
    return number.group() if alone and _NAME.search(number.string[: number.start()]) else " "
