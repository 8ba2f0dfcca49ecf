"""What a title says about being one of many: episode 12, version 3.1, the 13th package, Monday's briefing.

A series is a title that one source has used before, numbers and days aside, on another day. Its title tells
nothing about the event any more, its text does.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice

NEXT_ISSUE = 20 * 3600  # seconds: the same title sooner than that is an update, not the next of a series
MOST_TITLES = 100_000  # remembered

# Names of months, days and hours as titles write them, in the languages that most feeds are in.
CALENDAR = frozenset(
    """january february march april may june july august september october november december jan feb mar apr
    jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu
    fri sat sun today tonight tomorrow yesterday
    januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag
    sonntag heute morgen gestern
    janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi
    jeudi vendredi samedi dimanche aujourd hui demain
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes
    miércoles jueves viernes sábado domingo hoy mañana
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì martedì mercoledì giovedì
    venerdì sabato domenica oggi
    janeiro fevereiro março maio junho julho setembro outubro dezembro segunda terça quarta quinta sexta feira
    januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag zaterdag zondag vandaag
    måndag tisdag onsdag torsdag fredag lördag söndag idag
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря понедельник вторник
    среда четверг пятница суббота воскресенье сегодня
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık pazartesi salı çarşamba
    perşembe cuma cumartesi pazar bugün
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    dzisiaj""".split()
)
# Words before a number that make it the number of an issue.
_COUNTED = frozenset(
    """episode ep season week day part round game match vol volume no nr number issue chapter stage phase act
    flight folge teil woche tag staffel ausgabe épisode semaine jour partie numéro capítulo episodio semana
    día número parte puntata settimana giorno серия выпуск неделя день часть bölüm hafta gün aflevering
    avsnitt odcinek""".split()
)
# Numerals before such a word, by what they number: a line a language, from the first to the ninth.
_NUMERALS = {
    word: str(number)
    for line in """first second third fourth fifth sixth seventh eighth ninth
        erste zweite dritte vierte fünfte sechste siebte achte neunte
        premier deuxième troisième quatrième cinquième sixième septième huitième neuvième
        primera segunda tercera cuarta quinta sexta séptima octava novena
        prima seconda terza quarta quinta sesta settima ottava nona
        första andra tredje fjärde femte sjätte sjunde åttonde nionde
        eerste tweede derde vierde vijfde zesde zevende achtste negende
        первый второй третий четвертый пятый шестой седьмой восьмой девятый
        birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu""".splitlines()
    for number, word in enumerate(line.split(), start=1)
}
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|er|re|e|è|º|ª|o|a|й|я|е)|(?:v|rc|beta|alpha)\d[\d.]*|\d+\.\d[\d.]*")


def mask(title: Sequence[str]) -> str:
    """Return a title without what changes from issue to issue: equal masks are one series."""
    return " ".join("#" if word[0].isdigit() or word in CALENDAR else word for word in title)


def ordinals(title: Sequence[str]) -> frozenset[str]:
    """Return what numbers a title among its like: "12th", "17.2", "v3", "episode 12", "third round"."""
    found = set()
    for before, word in zip(("", *title), title, strict=False):
        if word.isalpha():  # as most are: no pattern need be tried
            if before in _NUMERALS and word in _COUNTED:
                found.add(f"{word} {_NUMERALS[before]}")
        elif _ORDINAL.fullmatch(word):
            found.add(word)
        elif word[0].isdigit() and before in _COUNTED:
            found.add(f"{before} {word}")
    return frozenset(found)


class Series:
    """On how many days each source used each masked title."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int]] = {}  # key → (seconds since 1970 of the last issue, issues)

    def count(self, source_id: str, masked: str, moment: float) -> int:
        """Return on how many earlier days a source used a masked title; remember that it uses it now."""
        if not masked:
            return 0
        key = int.from_bytes(blake2b(f"{source_id}\0{masked}".encode(), digest_size=8).digest())
        last, issues = self._seen.get(key, (int(moment), 0))
        is_next = abs(moment - last) > NEXT_ISSUE
        if is_next or key not in self._seen:
            self._seen[key] = int(moment), issues + 1
        if len(self._seen) > MOST_TITLES:
            for old in list(islice(self._seen, MOST_TITLES // 4)):
                del self._seen[old]
        return issues if is_next else max(0, issues - 1)

    def dump(self) -> list[tuple[int, int, int]]:
        return [(key, last, issues) for key, (last, issues) in self._seen.items()]

    def load(self, titles: Iterable[tuple[int, int, int]]) -> None:
        self._seen = {key: (last, issues) for key, last, issues in titles}
