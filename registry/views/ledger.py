"""The proof, to take away: certificates of versions, the public key, and for stewards the whole ledger."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry import differences, rules
from registry.ledger import keys
from registry.metric_page import seals_as_pressed
from registry.models import Definition
from registry.proof import certificate as certificates
from registry.proof import export as exports
from registry.views.access import open_to_all, published
from registry.views.request import Request


@require_safe
@published
@never_cache
def certificate(request: Request, key: str, number: int) -> HttpResponse:
    """The certificate of a version as a page to print, or with `?format=json` as the file that verify.py reads."""
    versions = Definition.objects.select_related("metric", "base", "revision__proposal")
    definition = get_object_or_404(versions, metric__key=key, number=number)
    proof = certificates.build(definition)
    if request.GET.get("format") == "json":
        options = {"ensure_ascii": False, "indent": 1}
        response = JsonResponse(proof, json_dumps_params=options)
        response.headers["Content-Disposition"] = f'attachment; filename="{key}-{number}.certificate.json"'
        return response
    context = {
        "definition": definition,
        "metric": definition.metric,
        "places": seals_as_pressed(definition),
        "words": differences.worded(None, definition.wording),
        "sealed": proof["revision"]["document"],
        "checkpoint": proof["checkpoint"]["checkpoint"],
        "public_key": proof["checkpoint"]["public_key"],
        "published": proof["published"],
        "permanent": True,
    }
    return render(request, "metrics/certificate.html", context)


@require_safe
@open_to_all
def key(request: Request) -> HttpResponse:
    """The public key with which checkpoints can be checked, as PEM; with `?name=` an earlier one by its short name."""
    if name := request.GET.get("name"):
        pem = keys.public_files(settings.SIGNING_KEY).get(f"{name}.pem")
        if pem is None:
            raise Http404(_("No key of that name has signed here."))
    else:
        pem = keys.public_pem(keys.signing_key(settings.SIGNING_KEY).public_key())
    return HttpResponse(pem, content_type="application/x-pem-file")


@require_safe
@never_cache
def export(request: Request) -> HttpResponseBase:
    """The whole ledger as JSON Lines, streamed. It holds drafts and names, so it is for stewards."""
    rules.require_steward(request.user)
    response = StreamingHttpResponse(exports.lines(), content_type="application/jsonl; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="ledger.jsonl"'
    return response
