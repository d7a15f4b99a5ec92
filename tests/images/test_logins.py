"""Names of repositories, logins, and a real registry behind each way to log in."""

from __future__ import annotations

import datetime
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.images.push import MANIFEST, digest_of
from tests.images.real_registry import PASSWORD, USER, RealRegistry, TlsFiles, docker_login, real_registry
from tests.images.tiny import tiny_layer
from tests.images.token_server import TokenServer
from vms.images import registry as registries
from vms.images.errors import BadReference, RegistryFailed
from vms.images.oci.login import find_login, parse_challenge
from vms.images.oci.reference import local_name, parse_repository
from vms.images.registry import Registry


@pytest.mark.parametrize(
    "text,base,name",
    [
        ("user/image", "https://registry-1.docker.io", "user/image"),
        ("image", "https://registry-1.docker.io", "library/image"),
        ("docker.io/user/image", "https://registry-1.docker.io", "user/image"),
        ("ghcr.io/user/some/image", "https://ghcr.io", "user/some/image"),
        ("https://ghcr.io/user/image", "https://ghcr.io", "user/image"),
        ("registry.example:5000/image", "https://registry.example:5000", "image"),
        ("localhost/image", "http://localhost", "image"),
        ("127.0.0.1:5000/a/b", "http://127.0.0.1:5000", "a/b"),
        ("https://127.0.0.1:5000/a/b", "https://127.0.0.1:5000", "a/b"),
        ("[::1]:5000/a", "http://[::1]:5000", "a"),
    ],
)
def test_repositories_are_read_as_docker_reads_them(text: str, base: str, name: str) -> None:
    found = parse_repository(text)
    assert (found.base, found.name) == (base, name)


@pytest.mark.parametrize(
    "text",
    [
        "http://ghcr.io/user/image",
        "ftp://ghcr.io/user/image",
        "file:///etc/passwd",
        "ghcr.io/",
        "ghcr.io/User/Image",
        "ghcr.io/user/image:tag",
        "ghcr.io/user/image@sha256:00",
        "ghcr.io/../image",
        "user@ghcr.io/image",
        "ghcr.io:port/image",
        "gh cr.io/image",
        "a/b?c",
        "a//b",
        "",
    ],
)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(BadReference):
        parse_repository(text)


def test_local_names() -> None:
    assert [local_name(tag) for tag in ("0.5.4", "dstack-0.5.4", "dev-1")] == [
        "dstack-0.5.4",
        "dstack-0.5.4",
        "dstack-dev-1",
    ]


def test_logins_are_found_by_every_name_docker_gives_them(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    entry = {"auth": "bWU6c2VjcmV0OndpdGg6Y29sb25z"}
    for host, key in (
        ("ghcr.io", "ghcr.io"),
        ("ghcr.io", "https://ghcr.io/v2/"),
        ("registry-1.docker.io", "https://index.docker.io/v1/"),
    ):
        config.write_text(json.dumps({"auths": {key: entry}}))
        login = find_login(host, config)
        assert login is not None
        assert (login.user, login.password) == ("me", "secret:with:colons")
        assert "secret" not in repr(login)
        assert find_login("other.example", config) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"auths": 7}', '{"auths": {"ghcr.io": 7}}', "[" * 10_000])
def test_a_config_that_is_none_holds_no_login(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert find_login("ghcr.io", tmp_path / "config.json") is None
    assert find_login("ghcr.io", tmp_path / "none.json") is None


def test_challenges() -> None:
    bearer = parse_challenge(['Basic realm="x"', 'Bearer realm="https://a/t",service="s",scope="y"'])
    assert bearer is not None
    assert (bearer.kind, bearer.realm, bearer.service) == ("bearer", "https://a/t", "s")
    assert parse_challenge(["Negotiate"]) is None


async def tags_of(registry: RealRegistry, login: Path, scheme: str = "") -> list[str]:
    async with Registry(parse_repository(scheme + registry.registry), login) as client:
        tags = await client.tags()
        assert len(await client.layers(tags[0])) == 1
        return tags


async def test_a_registry_with_tokens(tmp_path: Path) -> None:
    tokens = TokenServer(USER, PASSWORD)
    with tokens.running(), real_registry(tmp_path / "registry", tokens=tokens) as registry:
        registry.pusher.layers("a", tiny_layer())
        assert await tags_of(registry, docker_login(tmp_path / "docker", registry.port)) == ["a"]
        with pytest.raises(RegistryFailed, match=r"token server refuses \(401\).*no login for it"):
            await tags_of(registry, tmp_path / "none.json")


async def test_a_token_that_expires_is_renewed(tmp_path: Path) -> None:
    tokens = TokenServer(USER, PASSWORD)
    with tokens.running(), real_registry(tmp_path / "registry", tokens=tokens) as registry:
        registry.pusher.layers("a", tiny_layer())
        login = docker_login(tmp_path / "docker", registry.port)
        async with Registry(parse_repository(registry.registry), login) as client:
            tokens.expires_s = -120
            with pytest.raises(RegistryFailed, match="401"):
                await client.tags()
            tokens.expires_s = 300
            assert await client.tags() == ["a"]


async def test_a_registry_with_a_password(tmp_path: Path) -> None:
    with real_registry(tmp_path / "registry", htpasswd=True) as registry:
        registry.pusher.layers("a", tiny_layer())
        assert await tags_of(registry, docker_login(tmp_path / "docker", registry.port)) == ["a"]
        with pytest.raises(RegistryFailed, match="wants a login"):
            await tags_of(registry, tmp_path / "none.json")


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[TlsFiles]:
    """A certificate that signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = TlsFiles(tmp_path / "tls.pem", tmp_path / "tls.key")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    registries._trust.cache_clear()
    yield files
    registries._trust.cache_clear()


async def test_a_registry_with_tls_must_be_trusted_by_the_host(
    tmp_path: Path, tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_registry(tmp_path / "registry", tls=tls) as registry:
        registry.pusher.layers("a", tiny_layer())
        with pytest.raises(RegistryFailed, match="certificate verify failed"):
            await tags_of(registry, tmp_path / "none.json", "https://")
        registries._trust.cache_clear()
        monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
        assert await tags_of(registry, tmp_path / "none.json", "https://") == ["a"]


async def test_of_an_index_the_image_of_our_platform_is_taken(registry: RealRegistry, tmp_path: Path) -> None:
    pusher = registry.pusher
    entries, layer = [], b""
    for architecture, marks in (
        ("arm64", {}),
        ("unknown", {}),
        ("amd64", {"vnd.docker.reference.type": "attestation-manifest"}),
        ("amd64", {}),
    ):
        layer = tiny_layer(note=f"{architecture} {marks}".encode())
        manifest = pusher.manifest_of(layer)
        system = "unknown" if architecture == "unknown" else "linux"
        entries.append(
            {
                "mediaType": MANIFEST,
                "digest": pusher.manifest("", manifest, MANIFEST),
                "size": len(json.dumps(manifest)),
                "platform": {"os": system, "architecture": architecture},
                "annotations": marks,
            }
        )
    pusher.index("many", entries)
    pusher.index("others", entries[:3])
    async with Registry(parse_repository(registry.registry), tmp_path / "none.json") as client:
        assert [found.digest for found in await client.layers("many")] == [digest_of(layer)]
        with pytest.raises(RegistryFailed, match="no image for linux/amd64, only for linux/arm64"):
            await client.layers("others")
