#!/usr/bin/env python3
"""Verifies what Goi gives away, without Goi and without a network.

    pip install cryptography
    python verify.py ledger.jsonl [--checkpoints KEPT] [--key goi.pem]         an exported ledger
    python verify.py certificate.json [--key goi.pem]                          the certificate of a version
    python verify.py continuation.json [--checkpoints KEPT] [--key goi.pem]    that a ledger continues a checkpoint

KEPT is what you kept from earlier: a folder of checkpoints, one checkpoint, or a certificate, which holds one.
Exits 0 when everything is as it was recorded, 1 when something is not, 2 when the file cannot be read. The key and
the checkpoints prove something only if you got them earlier, or elsewhere, than the file: without `--key` the file's
own key is taken, and its short name is printed for you to compare. A key leads to those before and after it: each
change of keys is an event, which the old key signed in a checkpoint and the new key signed itself.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

GENESIS = "0" * 64
LEDGER, CERTIFICATE, CONTINUATION = "goi/ledger/1", "goi/certificate/1", "goi/continuation/1"
KEY_CHANGED, CHECKPOINT_DOMAIN, KEY_DOMAIN = "key_changed", b"goi/checkpoint/1\0", b"goi/key/1\0"
ERASED = "erased"
SIGN_OFFS, TEAMS = "registry_historicalsignoff", "registry_historicalteam"
MEMBERSHIPS, DELEGATIONS = "registry_historicalmembership", "registry_historicaldelegation"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify a ledger, a certificate or a continuation of Goi, offline.")
    parser.add_argument("file", type=Path, help="an exported ledger, a certificate or a continuation")
    parser.add_argument("--checkpoints", type=Path, help="kept from earlier: a folder, one, or a certificate")
    parser.add_argument("--key", type=Path, help="the registry's public key (PEM), got from elsewhere than the file")
    options = parser.parse_args(arguments)
    try:
        key = told_key(options.key) if options.key else None
        if options.checkpoints:
            require_checkpoints(options.checkpoints)
        found = list(findings(options.file, options.checkpoints, key))
    except (OSError, UnicodeDecodeError) as error:
        print(f"✗ Cannot be read: {error}")
        return 2
    for finding in found:
        print(f"✗ {finding}")
    print("✓ Everything is as it was recorded." if not found else f"✗ Does not verify: {len(found)} findings.")
    return 1 if found else 0


def told_key(path: Path) -> Any:
    """Raises `OSError` for what is no key, as for a file that is not there."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise OSError(f"{path} is no Ed25519 public key (PEM)")
    return key


def require_checkpoints(directory: Path) -> None:
    """A mistyped name would leave nothing to check against, and all would seem well."""
    try:
        found = _outside(directory)
    except (ValueError, LookupError, TypeError, AttributeError):
        found = []
    if not found:
        raise OSError(f"{directory} holds no checkpoint, or one that is damaged")


def findings(path: Path, directory: Path | None = None, key: Any = None) -> Iterator[str]:
    """Sentences that say what is wrong with the file; none when all is well."""
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        if json.dumps(LEDGER) in first and '"event"' not in first:
            yield from Ledger(_outside(directory), key).findings(path)
        else:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document.get("format") == CONTINUATION:
                yield from continuation_findings(document, _outside(directory), key)
            else:
                yield from certificate_findings(document, key)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        yield f"The file is damaged or no file of Goi ({type(error).__name__}: {error})."


def _outside(kept: Path | None) -> list[dict[str, Any]]:
    if kept is None:
        return []
    return [_note_in(path) for path in ([kept] if kept.is_file() else sorted(kept.glob("[0-9]*.json")))]


def _note_in(path: Path) -> dict[str, Any]:
    """The checkpoint that the file is, or that the certificate in it holds."""
    document = json.loads(path.read_bytes())
    note = document["checkpoint"] if document.get("format") == CERTIFICATE else document
    if not {"size", "root"} <= set(note["checkpoint"]):
        raise ValueError("no checkpoint")
    return note


# A ledger


class Ledger:
    """One pass over the lines; of the events only the links and O(log n) hashes are kept."""

    def __init__(self, notes: list[dict[str, Any]], key: Any) -> None:
        self.notes = notes
        self.key = key
        self.changes: list[dict[str, Any]] = []
        self.erasures = Erasures()
        self.peaks: list[bytes] = []
        self.size = 0
        self.previous = GENESIS
        self.roots: dict[int, str] = {}
        self.wanted = {note["checkpoint"]["size"] for note in notes}

    def findings(self, path: Path) -> Iterator[str]:
        yield from self._expect(path)
        ended = False
        with path.open(encoding="utf-8") as file:
            for line in file:
                entry = json.loads(line)
                if "event" in entry:
                    yield from self._event(entry)
                elif "end" in entry:
                    ended = entry["end"] == self.size
        if not ended:
            yield "The file ends early or lacks events: it is not the whole export."
        yield from self._signatures()
        for note in self.notes:
            yield from self._note(note)
        if not self.notes:
            print("There is no checkpoint, so what was cut off at the end cannot be seen.")

    def _expect(self, path: Path) -> Iterator[str]:
        """What comes later than the events it concerns is read beforehand: checkpoints, changes of keys, erasures."""
        known = {note["checkpoint"]["size"]: note for note in self.notes}
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.startswith('{"checkpoint"'):
                    note = json.loads(line)
                    size = note["checkpoint"]["size"]
                    if known.setdefault(size, note) != note:
                        yield f"The file's checkpoint over {size} events is not the one in the directory."
                elif f'"act":"{KEY_CHANGED}"' in line:
                    self.changes.append(json.loads(line)["event"])
                elif f'"act":"{ERASED}"' in line:
                    self.erasures.add(json.loads(line)["event"])
        self.notes = [known[size] for size in sorted(known)]
        self.wanted = set(known)

    def _event(self, entry: dict[str, Any]) -> Iterator[str]:
        event, number = entry["event"], entry["event"]["sequence"]
        if number != self.size + 1:
            yield f"Event {number} stands where event {self.size + 1} belongs: events were removed or exchanged."
        if event["previous"] != self.previous:
            yield f"Event {number} does not continue the event before it: one was removed, added or exchanged."
        yield from event_findings(entry)
        yield from _absent_rows(entry)
        yield from self.erasures.findings(entry)
        self.previous = entry["digest"]
        self._append(leaf(entry["digest"]))
        if self.size in self.wanted:
            self.roots[self.size] = self._root().hex()

    def _signatures(self) -> Iterator[str]:
        if self.notes:
            key = self.key or own_key(self.notes[-1])
            known = lineage(key, self.changes, self.notes)
            for note in self.notes:
                yield from signature_findings(note, known)
            yield from out_of_turn(self.changes, self.notes, known)
            print(f"Checked with the key {short_name(key)}" + (" and those that it leads to." if self.changes else "."))

    def _note(self, note: dict[str, Any]) -> Iterator[str]:
        said = note["checkpoint"]
        if said["size"] > self.size:
            yield (
                f"A checkpoint over {said['size']} events was signed at {said['time']}, but the ledger holds only "
                f"{self.size}: the later ones were removed, or an older copy was restored."
            )
        elif self.roots[said["size"]] != said["root"]:
            yield f"The first {said['size']} events are not those that were signed at {said['time']}."

    def _append(self, hashed: bytes) -> None:
        size = self.size
        while size & 1:
            hashed = join(self.peaks.pop(), hashed)
            size >>= 1
        self.peaks.append(hashed)
        self.size += 1

    def _root(self) -> bytes:
        hashed = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            hashed = join(peak, hashed)
        return hashed


def _absent_rows(entry: dict[str, Any]) -> Iterator[str]:
    present = {(row["table"], row["id"]) for row in entry["rows"]}
    for table, number, *_ in entry["event"]["rows"]:
        if (table, number) not in present:
            yield f"Event {entry['event']['sequence']}: the history row {table} {number} is gone."


class Erasures:
    """Names and reasons may be missing where a later event erased a person whom they concern, and only there."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}
        self.holders: dict[int, int] = {}
        self.lent: dict[int, list[int]] = {}

    def add(self, event: dict[str, Any]) -> None:
        self.last[event["detail"]["user"]] = event["sequence"]

    def findings(self, entry: dict[str, Any]) -> Iterator[str]:
        event, number = entry["event"], entry["event"]["sequence"]
        self._remember(entry["rows"])
        lent = self.lent.get(event["detail"].get("delegation"), [])
        erased = any(self._after(number, user) for user in (event["actor"], event["detail"].get("user"), *lent))
        yield from _gone(f"The names or the reason of event {number}", entry["personal"], erased)
        personal = {(table, row) for table, row, *digests in event["rows"] if digests[1:]}
        for row in entry["rows"]:
            if (row["table"], row["id"]) in personal:
                place = f"The personal data of the history row {row['table']} {row['id']} (event {number})"
                yield from _gone(place, row["personal"], self._after(number, row["values"]["id"]))

    def _remember(self, rows: list[dict[str, Any]]) -> None:
        """Who holds which place, and who stands in for whom: a delegation names them by its number alone."""
        for values in (row["values"] for row in rows if row["table"] == MEMBERSHIPS):
            self.holders[values["id"]] = values["user_id"]
        for values in (row["values"] for row in rows if row["table"] == DELEGATIONS):
            self.lent[values["id"]] = [values["stand_in_id"], self.holders[values["membership_id"]]]

    def _after(self, number: int, user: Any) -> bool:
        return self.last.get(user, 0) > number


def _gone(what: str, personal: Any, erased: bool) -> Iterator[str]:
    if not personal and not erased:
        yield f"{what} are gone, and no act erased them."
    if personal and erased:
        yield f"{what} are still there, although an act erased them."


# One event


def event_findings(entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong within one event: its digest, its personal data, the history rows it sealed."""
    event, number = entry["event"], entry["event"]["sequence"]
    if digest("goi/event/1", event) != entry["digest"]:
        yield f"Event {number} was changed after it was recorded: its content does not match its digest."
    if entry["personal"] is not None and digest("goi/personal/1", entry["personal"]) != event["personal"]:
        yield f"The names or the reason of event {number} were changed after it was recorded."
    sealed = {(table, row): digests for table, row, *digests in event["rows"]}
    for row in entry["rows"]:
        place = f"{row['table']} {row['id']} (event {number})"
        digests = sealed.get((row["table"], row["id"]), [])
        if digests[:1] != [digest("goi/row/1", {"table": row["table"], "values": row["values"]})]:
            yield f"The history row {place} was changed after it was recorded."
        if row["personal"] and digests[1:] != [digest("goi/personal/1", row["personal"])]:
            yield f"The personal data of the history row {place} were changed after they were recorded."


# Keys


def lineage(key: Any, changes: list[dict[str, Any]], notes: list[dict[str, Any]]) -> dict[str, Any]:
    """By short name, the key that is trusted and all that it leads to, forwards and backwards."""
    known = {short_name(key): key}
    found = -1
    while found != len(known):
        found = len(known)
        for event in changes:
            old, new = (event["detail"][name] for name in ("old_key", "new_key"))
            if short_name(public(old)) in known and _attested(event, old, notes):
                known[short_name(public(new))] = public(new)
            if short_name(public(new)) in known and _vouched(event["detail"]):
                known[short_name(public(old))] = public(old)
    return known


def _attested(event: dict[str, Any], old: str, notes: list[dict[str, Any]]) -> bool:
    """Whether the old key signed a checkpoint that covers the change."""
    return any(
        note["checkpoint"]["size"] >= event["sequence"]
        and note["checkpoint"]["key_id"] == short_name(public(old))
        and is_signed(public(old), note["signature"], CHECKPOINT_DOMAIN, note["checkpoint"])
        for note in notes
    )


def _vouched(detail: dict[str, Any]) -> bool:
    """Whether the new key says itself that it follows the old one."""
    said = {"old": detail["old_key"], "new": detail["new_key"]}
    return is_signed(public(detail["new_key"]), detail["proof"], KEY_DOMAIN, said)


def signature_findings(note: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    said = note["checkpoint"]
    key = known.get(said["key_id"])
    if key is None or not is_signed(key, note["signature"], CHECKPOINT_DOMAIN, said):
        yield (
            f"The checkpoint over {said['size']} events was not signed with the registry's key, "
            "or was changed afterwards."
        )


def out_of_turn(changes: list[dict[str, Any]], notes: list[dict[str, Any]], known: dict[str, Any]) -> Iterator[str]:
    """Checkpoints by a key before it was there, or after the one that follows it had signed."""
    for event in changes:
        old, new = (short_name(public(event["detail"][name])) for name in ("old_key", "new_key"))
        sizes = [note["checkpoint"]["size"] for note in notes if note["checkpoint"]["key_id"] == new]
        for said in (note["checkpoint"] for note in notes):
            early = said["key_id"] == new and said["size"] < event["sequence"]
            late = said["key_id"] == old and sizes and said["size"] > min(sizes)
            if new in known and (early or late):
                yield f"The checkpoint over {said['size']} events was signed with a key that was not its time's."


def is_signed(key: Any, signature: str, domain: bytes, document: dict[str, Any]) -> bool:
    try:
        key.verify(bytes.fromhex(signature), domain + canonical(document))
    except InvalidSignature:
        return False
    return True


def public(key: str) -> Any:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))


def own_key(note: dict[str, Any]) -> Any:
    return public(note["public_key"])


def short_name(key: Any) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


# A certificate


def certificate_findings(certificate: dict[str, Any], key: Any) -> Iterator[str]:
    """Words → definition → revision → seals → events → Merkle root → signature."""
    if certificate.get("format") != CERTIFICATE:
        raise ValueError("neither an exported ledger nor a certificate nor a continuation")
    note = certificate["checkpoint"]
    yield from signature_findings(note, certified_keys(certificate, key or own_key(note)))
    for entry in certificate["events"]:
        yield from event_findings(entry)
        yield from _inclusion(entry, note["checkpoint"])
    yield from _words(certificate)
    yield from _publication(certificate)
    yield from _seals(certificate)
    tell(certificate)


def certified_keys(certificate: dict[str, Any], key: Any) -> dict[str, Any]:
    """The keys that `key` leads to, by the changes in the certificate, each proven by what the old key signed."""
    proven = [
        change
        for change in certificate.get("keys", [])
        if not list(event_findings(change)) and not list(_inclusion(change, change["checkpoint"]["checkpoint"]))
    ]
    return lineage(key, [change["event"] for change in proven], [change["checkpoint"] for change in proven])


def _inclusion(entry: dict[str, Any], checkpoint: dict[str, Any]) -> Iterator[str]:
    number = entry["event"]["sequence"]
    proof = [bytes.fromhex(each) for each in entry["proof"]]
    root = bytes.fromhex(checkpoint["root"])
    if not included(leaf(entry["digest"]), number - 1, checkpoint["size"], proof, root):
        yield f"Event {number} is not in the ledger that was signed at {checkpoint['time']}."


def _words(certificate: dict[str, Any]) -> Iterator[str]:
    definition, revision = certificate["definition"], certificate["revision"]
    if digest("goi/definition/1", definition["document"]) != definition["digest"]:
        yield "The words were changed: they do not match the digest of the version."
    if definition["document"] not in revision["document"]["definitions"]:
        yield "The words are not among those that were submitted for agreement."
    if digest("goi/revision/1", revision["document"]) != revision["digest"]:
        yield "What was submitted for agreement was changed: it does not match its digest."


def _publication(certificate: dict[str, Any]) -> Iterator[str]:
    event = _events(certificate)[certificate["published"]]["event"]
    document = certificate["definition"]["document"]
    published = event["detail"].get("versions", {}).get(document["metric"])
    if event["act"] != "published" or event["detail"].get("digest") != certificate["revision"]["digest"]:
        yield f"Event {event['sequence']} did not publish these words."
    elif published != document["number"]:
        yield f"Event {event['sequence']} published version {published}, not {document['number']}."
    carried = certificate["revision"]["document"].get("vocabulary")
    published_words = event["detail"].get("vocabulary", {}).get("digest")
    if published_words != (digest("goi/vocabulary/1", carried["source"]) if carried else None):
        yield f"Event {event['sequence']} published another vocabulary than the one that was sealed."


def _seals(certificate: dict[str, Any]) -> Iterator[str]:
    events, sealed = _events(certificate), set()
    for seal in certificate["seals"]:
        event, values = events[seal["sealed"]]["event"], _row(events[seal["sealed"]], SIGN_OFFS)
        team = _row(events[seal["named"]], TEAMS)
        if event["act"] not in ("sealed", "ratified") or values["digest"] != certificate["revision"]["digest"]:
            yield f"The seal of {seal['team']} was given for other words."
        elif team["key"] != seal["team"] or not team["id"] == values["team_id"] == event["team"]:
            yield f"The seal said to be that of {seal['team']} is another team's."
        else:
            sealed.add(seal["team"])
    published = events[certificate["published"]]["event"]["detail"]
    for team in sorted(set(certificate["revision"]["document"]["signed_by"]) - sealed):
        if team in published.get("missing", []):
            print(f"! Published by two stewards without the seal of {team}; it has not sealed it since.")
        else:
            yield f"The seal of {team} is missing."


def tell(certificate: dict[str, Any]) -> None:
    """What the certificate is about, for whoever runs this."""
    document, note = certificate["definition"]["document"], certificate["checkpoint"]
    words, events = document["wording"], _events(certificate)
    print(f"{words['name_ja'] or words['name_en']} ({document['metric']}) version {document['number']},")
    print(f"  effective from {document['effective_from']}, digest {certificate['definition']['digest']}")
    if carried := certificate["revision"]["document"].get("vocabulary"):
        print(f"  together with version {carried['number']} of the vocabulary")
    for seal in certificate["seals"]:
        entry, team = events[seal["sealed"]], _row(events[seal["named"]], TEAMS)
        who = entry["personal"] or {"name_ja": "(erased)", "name_en": ""}
        values = _row(entry, SIGN_OFFS)
        print(f"  sealed for {team['name_ja']} by {who['name_ja'] or who['name_en']} at {values['signed_at']}:")
        print(f"    {values['meaning']}")
    print(f"  among {note['checkpoint']['size']} events signed at {note['checkpoint']['time']}")
    print(f"  with the key {note['checkpoint']['key_id']}")


def _events(certificate: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {entry["event"]["sequence"]: entry for entry in certificate["events"]}


def _row(entry: dict[str, Any], table: str) -> dict[str, Any]:
    """The values of the row of `table` that the event sealed; `event_findings` has checked them."""
    for row in entry["rows"]:
        if row["table"] == table:
            return row["values"]
    raise ValueError(f"event {entry['event']['sequence']} lacks its row of {table}")


# A continuation


def continuation_findings(document: dict[str, Any], kept: list[dict[str, Any]], key: Any) -> Iterator[str]:
    """Kept checkpoint → its signature → proof of consistency → newer checkpoint → its signature."""
    before, after = document["before"], document["after"]
    known = certified_keys(document, key or own_key(after))
    yield from _kept(before, kept)
    yield from signature_findings(before, known)
    yield from signature_findings(after, known)
    old, new = before["checkpoint"], after["checkpoint"]
    proof = [bytes.fromhex(each) for each in document["proof"]]
    if not consistent(old["size"], new["size"], bytes.fromhex(old["root"]), bytes.fromhex(new["root"]), proof):
        yield (
            f"The {new['size']} events signed at {new['time']} do not begin with the {old['size']} signed at "
            f"{old['time']}: something among these was changed or removed."
        )
        return
    print(f"{old['size']} events signed at {old['time']} with the key {old['key_id']}")
    print(f"  are the beginning of {new['size']} signed at {new['time']} with the key {new['key_id']}.")


def _kept(before: dict[str, Any], kept: list[dict[str, Any]]) -> Iterator[str]:
    """Only the reader knows which checkpoint it is that has to be continued."""
    said = before["checkpoint"]
    sizes = [note["checkpoint"]["size"] for note in kept]
    if not kept:
        print(f"Compare with the checkpoint that you kept: {said['size']} events, root {said['root']}.")
    elif said["size"] not in sizes:
        yield (
            f"The file is about the checkpoint over {said['size']} events, and you kept none of these but those over "
            f"{', '.join(map(str, sizes))}: ask for the proof that continues one of them."
        )
    elif said != kept[sizes.index(said["size"])]["checkpoint"]:
        yield f"The file's checkpoint over {said['size']} events is not the one that you kept."


# Arithmetic: canonical JSON (RFC 8785), Merkle trees (RFC 6962 and RFC 9162, sections 2.1.3.2 and 2.1.4.2)


def canonical(value: object) -> bytes:
    return _text(value).encode()


def digest(domain: str, value: object) -> str:
    return hashlib.sha256(domain.encode() + b"\0" + canonical(value)).hexdigest()


def _text(value: object) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict:
        plain = "".join(value).isascii()
        keys = sorted(value) if plain else sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join([f"{encode_basestring(key)}:{_text(value[key])}" for key in keys]) + "}"
    if kind is int:
        return str(value)
    if kind is list:
        return "[" + ",".join([_text(each) for each in value]) + "]"
    if value is None or kind is bool:
        return {None: "null", True: "true", False: "false"}[value]
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def leaf(event: str) -> bytes:
    return hashlib.sha256(b"\0" + event.encode()).digest()


def join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def included(hashed: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    if not 0 <= index < size:
        return False
    last = size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            hashed = join(sibling, hashed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = join(hashed, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and hashed == root


def consistent(old: int, new: int, before: bytes, after: bytes, proof: list[bytes]) -> bool:
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and before == after
    path = [before, *proof] if old & (old - 1) == 0 else proof
    if not path:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = join(sibling, first), join(sibling, second)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            second = join(second, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and first == before and second == after


if __name__ == "__main__":
    sys.exit(main())
