"""The proof, to take away: certificates, that a checkpoint was continued, the public key, the whole ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry import differences, rules
from registry.as_of import When
from registry.choices import Called
from registry.ledger import keys
from registry.metric_page import seals_as_pressed
from registry.models import Definition
from registry.proof import certificate as certificates
from registry.proof import checkpoints, tree
from registry.proof import continuation as continuations
from registry.proof import export as exports
from registry.refusals import WrongState
from registry.views.access import open_to_all, published
from registry.views.request import Request


@require_safe
@published
@never_cache
def certificate(request: Request, key: str, number: int) -> HttpResponse:
    """The certificate of a version as a page to print, or with `?format=json` as the file that verify.py reads."""
    versions = Definition.objects.select_related("metric", "base", "revision__proposal")
    definition = get_object_or_404(versions, metric__key=key, number=number)
    with _telling_why("no_certificate", _("There is no certificate at the moment. %(why)s Tell whoever runs Goi.")):
        proof = certificates.build(definition)
    if request.GET.get("format") == "json":
        return _file(proof, f"{key}-{number}.certificate.json")
    called = Called(When.at(definition.recorded_at))
    context = {
        "definition": definition,
        "metric": definition.metric,
        "places": seals_as_pressed(definition),
        "words": differences.worded(None, definition.wording, called),
        "sealed": proof["revision"]["document"],
        "checkpoint": proof["checkpoint"]["checkpoint"],
        "public_key": proof["checkpoint"]["public_key"],
        "published": proof["published"],
        "permanent": True,
    }
    return render(request, "metrics/certificate.html", context)


@contextmanager
def _telling_why(code: str, sentence: str) -> Iterator[None]:
    """What keeps the record from being proved, put into the sentence as `why`."""
    try:
        yield
    except (checkpoints.Unsigned, tree.Missing) as refusal:
        raise WrongState(code, sentence % {"why": refusal}) from refusal


def _file(proof: dict[str, Any], name: str) -> HttpResponse:
    response = JsonResponse(proof, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@published
@never_cache
def continuation(request: Request, size: int) -> HttpResponse:
    """For whoever kept the checkpoint over `size` events: the proof that the ledger still begins with them."""
    try:
        with _telling_why("no_continuation", _("This cannot be proved at the moment. %(why)s Tell whoever runs Goi.")):
            return _file(continuations.build(size), f"{size}.continuation.json")
    except continuations.Unknown:
        return _nothing(
            _(
                "There is no checkpoint over %(size)d events here. The number is the `size` in the checkpoint that you "
                "kept. If it is this one and the registry's key signed it, this ledger is not the one that was signed: "
                "keep your file, and tell whoever runs Goi."
            )
            % {"size": size}
        )


@require_safe
@open_to_all
def key(request: Request) -> HttpResponse:
    """The public key with which checkpoints can be checked, as PEM; with `?name=` an earlier one by its short name."""
    if name := request.GET.get("name"):
        pem = keys.public_files(settings.SIGNING_KEY).get(f"{name}.pem")
        if pem is None:
            return _nothing(_("No key of that name has signed here."))
    else:
        try:
            pem = keys.public_pem(keys.signing_key(settings.SIGNING_KEY).public_key())
        except FileNotFoundError:
            return _nothing(_("There is no signing key here yet, or not any more: whoever runs Goi can put it back."))
        except (OSError, ValueError):
            return _nothing(_("The signing key here cannot be read: whoever runs Goi can put it back from its copy."))
    return HttpResponse(pem, content_type="application/x-pem-file")


def _nothing(sentence: str) -> HttpResponse:
    """In plain text, since programs ask too."""
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=404)


@require_safe
@never_cache
def export(request: Request) -> HttpResponseBase:
    """The whole ledger as JSON Lines, streamed. It holds drafts and names, so it is for stewards."""
    rules.require_steward(request.user)
    with _telling_why("no_export", _("Nothing was exported. %(why)s")):
        lines = exports.lines()
    response = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="ledger.jsonl"'
    return response
