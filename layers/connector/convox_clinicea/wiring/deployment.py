"""What the deployer's documents say of the deployment."""

from __future__ import annotations

from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.documents import packed, replacement
from convox_clinicea.settings import DialectSettings, PlaceSettings


def clinics_from(settings: PlaceSettings) -> Clinics:
    """Return the deployment's clinics."""
    document = replacement("clinics", settings.clinics)
    return Clinics.from_document(packed("clinics") if document is None else document, settings.time_zone)


def dialects_from(settings: DialectSettings) -> Dialects:
    """Return how the deployment's callers speak."""
    return Dialects.from_document(replacement("dialect", settings.dialect))
