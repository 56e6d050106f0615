"""Words that every advertisement has, in the languages of the marketplace: they say nothing about what is meant."""

from collections.abc import Mapping

# Function words, and the words of advertising and counting. General language only: no subject, no place.
FILLER: Mapping[str, str] = {
    "de": """
        aber abgabe alle allem allen aller alles als also am an anbieten andere anderen angebot auch auf aus
        austausch bedarf bei beim benötigen benötigt bereits biete bieten bietet bis bitte brauchen braucht da dabei
        dafür damit dann das dass davon dazu dem den denen denn der deren des die dies diese diesem diesen dieser
        doch dort durch ein eine einem einen einer eines er es etwa etwas euro frei freie für gebraucht gegen
        gegenleistung gemeinde gemeinden gemeinsam gemeinsame gemeinsamen gern gerne gesucht gesuchte haben halbtags
        hat hatte hier hätten ich ihnen ihr ihre ihrem ihren ihrer im in ins interkommunal ist ja jahr jahre jahren
        je jede jedem jeden jeder jedes kann kein keine keinem keinen keiner kommune kommunen können könnten man
        mehr mit monat monate monaten muss möchte möchten müssen nach nachbargemeinde nachbargemeinden
        nachbarkommune nachbarkommunen nachbarverwaltung nicht noch nun nur ob oder ohne prozent rund schon sehr
        sein seine seinen seiner seit selbst sich sie sind so sofern soll sollen sonst sowie stadt std stelle
        stellen stunde stunden städte stück suche suchen sucht tag tage tagen tageweise tausch teilzeit um und uns
        unser unsere unserem unseren unserer unter verwaltung verwaltungen viel vollzeit vom von vor vzae vzä war
        waren was weil wenn wer werden wie wir wird wo woche wochen wochenstunden wünschen wünscht würden zu zum zur
        zwischen über übernehmen übernimmt
    """,
    "en": """
        about after all also an and any are as at available be been but by can could council day days do euro
        exchange for from fte had has have hour hours if in into is it its looking month months more municipalities
        municipality need needed needs no not of offer offered offering offers on one only or our out per percent
        request seek seeking share sharing so such swap than that the their them then there these they this those
        time to town towns two up us wanted was we week weekly weeks were what when which who will with without
        would year years you your
    """,
    "nl": """
        aan aanbieden aanbod al alle als beschikbaar bieden biedt bij dag dagen dan dat de deze die dit door een en
        er geen gemeente gemeenten gevraagd gezocht haar heeft het hij hun ik in is jaar jaren je kan kunnen maand
        maanden maar met mijn moet naar niet nodig nog of om onder ons onze ook op over per ruil te tot uit uren uur
        van veel voor waar wat we week weken wel werd wie wij worden wordt ze zich zij zijn zo zoeken zoekt zonder
    """,
    "fr": """
        an année années ans au aucun aussi aux avec avons besoin car ce ceci cela ces cet cette cherche cherchons
        comme commune communes dans de des deux disponible donc dont du elle elles en est et eux heure heures il ils
        je jour journée journées jours la le les leur leurs lui mairie mais mois même ne ni nos notre nous offre
        offrons on ont ou où par pas plus pour propose proposons qu que qui recherche recherchons sa sans se semaine
        semaines ses si son sont sous sur ta tous tout toute un une vos votre vous échange
    """,
}
