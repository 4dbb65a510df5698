"""What the deployer's documents say of the deployment."""

from __future__ import annotations

from convox_clinicea.clinics import Clinics
from convox_clinicea.consent_texts import ConsentTexts
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.documents import packed, replacement
from convox_clinicea.settings import DialectSettings, IntakeSettings, PlaceSettings


def clinics_from(settings: PlaceSettings) -> Clinics:
    """Return the deployment's clinics."""
    document = replacement("clinics", settings.clinics)
    return Clinics.from_document(packed("clinics") if document is None else document, settings.time_zone)


def consent_texts_from(settings: IntakeSettings) -> ConsentTexts:
    """Return the versions of the text that is read before a registration."""
    document = replacement("consent_texts", settings.consent_texts)
    return ConsentTexts.from_document(
        packed("consent_texts") if document is None else document, settings.consent_text_version
    )


def dialects_from(settings: DialectSettings) -> Dialects:
    """Return how the deployment's callers speak."""
    return Dialects.from_document(replacement("dialect", settings.dialect))
