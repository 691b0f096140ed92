"""Packs the single layer of a saved image as an OCI archive, in the form in which registries have
images that BuildKit made: an index with the image and its attestation, and on request with an
image for arm64 that is not in the archive. Prints the digest of the amd64 manifest.

Usage: attested.py SAVED ARCHIVE NAME [elsewhere]
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile

saved, archive, name = sys.argv[1:4]
OCI = "application/vnd.oci.image."
blobs = {}


def blob(content, media_type, **more):
    digest = hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content), **more}


def document(value, media_type, **more):
    return blob(json.dumps(value).encode(), media_type, **more)


def manifest(config, layer, platform, **more):
    value = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config, "layers": [layer]}
    return document(value, OCI + "manifest.v1+json", platform=platform, **more)


with tarfile.open(saved) as tar:
    image = json.load(tar.extractfile("manifest.json"))[0]
    config = json.load(tar.extractfile(image["Config"]))
    (layer,) = image["Layers"]
    layer = tar.extractfile(layer).read()
if layer[:2] != b"\x1f\x8b":
    layer = gzip.compress(layer, 1)
config["config"].pop("Labels", None)
amd64 = manifest(
    document(config, OCI + "config.v1+json"),
    blob(layer, OCI + "layer.v1.tar+gzip"),
    {"os": "linux", "architecture": "amd64"},
)
unknown = {"os": "unknown", "architecture": "unknown"}
attestation = manifest(
    document({**unknown, "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}, OCI + "config.v1+json"),
    blob(b'{"_type":"https://in-toto.io/Statement/v0.1"}', "application/vnd.in-toto+json"),
    unknown,
    annotations={
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": amd64["digest"],
    },
)
listed = [amd64, attestation]
if sys.argv[4:] == ["elsewhere"]:
    arm64 = {"os": "linux", "architecture": "arm64"}
    listed.insert(0, {**amd64, "digest": "sha256:" + "ab" * 32, "platform": arm64})
index = document(
    {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": listed},
    OCI + "index.v1+json",
    annotations={"io.containerd.image.name": "docker.io/library/" + name},
)
files = {
    "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
    "index.json": json.dumps({"schemaVersion": 2, "manifests": [index]}).encode(),
    **{"blobs/sha256/" + digest: content for digest, content in blobs.items()},
}
with tarfile.open(archive, "w") as tar:
    for path, content in files.items():
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
print(amd64["digest"])
