"""What binds an application's configuration to the hardware: vectors, and a second implementation."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hypervisor.measure import recomputed
from tests.hypervisor.measure.requests import (
    APP_ID,
    BOUND,
    COMPOSE_HASH,
    GPU_POLICY_HASH,
    IMAGE,
    KEY_PROVIDER_ID,
    ONE_GPU,
    SEEDED,
    memory,
    plain,
    snp,
    tdx,
)
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.measure import (
    Application,
    HostPart,
    KeyProvider,
    MeasureRequest,
    SimulatedTee,
    TeePlatform,
    measure,
)
from vms.hypervisor.measure.identity import Identity
from vms.hypervisor.measure.mr_config import (
    MrConfigVersion,
    document_digest,
    mr_config_version,
    tdx_id_v1,
    tdx_id_v3,
    v3_document,
)
from vms.hypervisor.spec import SevSnp, Tdx

INSTANCE_ID = bytes([0x44]) * 20
IDENTITY = Identity(APP_ID, b"seed", INSTANCE_ID)
DOCUMENT = (
    '{"app_id":"1111111111111111111111111111111111111111",'
    '"compose_hash":"2222222222222222222222222222222222222222222222222222222222222222",'
    '"gpu_policy_hash":"5555555555555555555555555555555555555555555555555555555555555555",'
    '"instance_id":"4444444444444444444444444444444444444444",'
    '"key_provider":"kms",'
    '"key_provider_id":"3333333333333333333333333333333333333333333333333333333333333333",'
    '"version":3}'
)


def test_the_document_of_the_contract() -> None:
    assert (BOUND.gpu_policy_hash, BOUND.key_provider_id) == (GPU_POLICY_HASH, KEY_PROVIDER_ID)
    assert v3_document(BOUND, IDENTITY, has_gpus=True) == DOCUMENT


def test_what_is_empty_is_left_out() -> None:
    bare = v3_document(Application(COMPOSE_HASH), Identity(APP_ID, b"", b""), has_gpus=False)
    assert bare == (
        '{"app_id":"1111111111111111111111111111111111111111",'
        f'"compose_hash":"{COMPOSE_HASH.hex()}","key_provider":"none","version":3}}'
    )


def test_the_gpu_policy_counts_with_gpus_only() -> None:
    assert "gpu_policy_hash" not in v3_document(BOUND, IDENTITY, has_gpus=False)


def test_no_init_script_is_another_thing_than_an_old_manifest() -> None:
    none_allowed = v3_document(replace(BOUND, init_script_hashes=()), IDENTITY, has_gpus=False)
    assert '"init_script_hashes":[],"instance_id"' in none_allowed
    assert "init_script_hashes" not in v3_document(BOUND, IDENTITY, has_gpus=False)


def test_version_1_is_the_compose_hash_between_its_number_and_zeros() -> None:
    assert tdx_id_v1(COMPOSE_HASH) == b"\1" + b"\x22" * 32 + bytes(15)


def test_version_3_is_the_document_s_digest_between_its_number_and_zeros() -> None:
    digest = hashlib.sha256(b"dstack-mr-config-v3:\0" + DOCUMENT.encode()).digest()
    assert document_digest(DOCUMENT) == digest
    assert tdx_id_v3(DOCUMENT) == b"\3" + digest + bytes(15)


@pytest.mark.parametrize(
    "platform, simulated, use, bound, version",
    [
        ("amd-sev-snp", None, False, False, 3),
        ("amd-sev-snp", None, True, True, 3),
        ("none", "dstack-amd-sev-snp", False, False, 3),
        ("tdx", None, True, True, 3),
        ("tdx", None, True, False, 1),
        ("tdx", None, False, False, None),
        ("none", None, True, True, None),
        ("none", None, False, True, None),
        *(("none", word, use, True, None) for word in SimulatedTee if "snp" not in word for use in (0, 1)),
    ],
)
def test_which_version(
    platform: str, simulated: str | None, use: bool, bound: bool, version: int | None
) -> None:
    found = mr_config_version(
        TeePlatform(platform),
        SimulatedTee(simulated) if simulated else None,
        use_mrconfigid=use,
        has_key_provider_id=bound,
    )
    assert found is (MrConfigVersion(version) if version else None)


def test_a_key_provider_that_nothing_would_bind_is_refused() -> None:
    with pytest.raises(LaunchRefused, match=r"^key_provider_id: .*use_mrconfigid is off"):
        measure(tdx(application=BOUND, host=HostPart(use_mrconfigid=False)))


@pytest.mark.parametrize(
    "version, given_id",
    [
        ("0.5.0", False),
        ("0.5.1", False),
        ("0.5.1-rc9", False),
        ("0.5.2", True),
        ("0.5.2-rc1", True),
        ("0.5.10", True),
        ("0.6.0", True),
        ("1.0.0", True),
    ],
)
def test_only_images_that_know_it_are_given_a_tdx_id(version: str, given_id: bool) -> None:
    for application in (Application(COMPOSE_HASH), BOUND):
        tee = measure(tdx(application=application, image=replace(IMAGE, version=version))).tee
        assert isinstance(tee, Tdx)
        assert (tee.mr_config_id is not None) is given_id


def test_an_image_without_a_version_is_refused() -> None:
    with pytest.raises(LaunchRefused, match=r"must begin like 0\.5\.3, not 'new'"):
        measure(tdx(image=replace(IMAGE, version="new")))


@pytest.mark.parametrize("length", [1, 19, 21, 32])
def test_an_app_id_of_another_length_is_refused_where_it_is_measured(length: int) -> None:
    application = Application(COMPOSE_HASH, app_id=b"a" * length)
    with pytest.raises(LaunchRefused, match=rf"^app_id: must have 20 bytes .* not {length}$"):
        measure(snp(application=application))
    assert measure(tdx(application=application)).mr_config is None


def test_an_instance_without_a_seed_is_refused() -> None:
    with pytest.raises(LaunchRefused, match=r"^instance_id_seed: is missing"):
        measure(snp(instance_seed=b""))


@pytest.mark.parametrize(
    "changed",
    [
        replace(BOUND, compose_hash=b"x" * 32),
        replace(BOUND, app_id=b"x" * 20),
        replace(BOUND, gpu_policy_hash=b"x" * 32),
        replace(BOUND, key_provider=KeyProvider.LOCAL),
        replace(BOUND, key_provider_id=b"x" * 32),
        replace(BOUND, no_instance_id=True),
        replace(BOUND, init_script_hashes=()),
        replace(BOUND, init_script_hashes=(b"a" * 32, b"b" * 32)),
        replace(BOUND, init_script_hashes=(b"b" * 32, b"a" * 32)),
    ],
)
def test_each_part_of_the_application_is_bound(changed: Application) -> None:
    found = {
        measure(request(application=it, machine=ONE_GPU)).tee
        for it in (BOUND, changed)
        for request in (tdx, snp)
    }
    assert len(found) == 4


HASH = st.binary(min_size=32, max_size=32)
APPLICATIONS = st.builds(
    Application,
    compose_hash=HASH,
    app_id=st.just(b"") | st.binary(min_size=20, max_size=20),
    key_provider=st.sampled_from(KeyProvider),
    key_provider_id=st.binary(max_size=100),
    no_instance_id=st.booleans(),
    gpu_policy_hash=HASH,
    init_script_hashes=st.none() | st.lists(HASH, max_size=5).map(tuple),
)
VERSIONS = st.sampled_from([(0, 5, 0), (0, 5, 1), (0, 5, 2), (0, 5, 10), (0, 6, 0), (1, 0, 0)])


@given(
    application=APPLICATIONS,
    platform=st.sampled_from(TeePlatform),
    seed=st.binary(min_size=1, max_size=40),
    gpus=st.integers(0, 8),
    use_mrconfigid=st.booleans(),
    version=VERSIONS,
)
def test_a_second_implementation_gives_the_same_bytes(
    application: Application,
    platform: TeePlatform,
    seed: bytes,
    gpus: int,
    use_mrconfigid: bool,
    version: tuple[int, int, int],
) -> None:
    request = plain(
        platform=platform,
        application=application,
        instance_seed=seed,
        machine=replace(memory(4096), num_gpus=gpus),
        host=HostPart(use_mrconfigid=use_mrconfigid),
        image=replace(IMAGE, version=".".join(str(number) for number in version)),
    )
    if platform is TeePlatform.TDX and application.key_provider_id and not use_mrconfigid:
        with pytest.raises(LaunchRefused, match="key_provider_id"):
            measure(request)
        return
    measured = measure(request)
    expected = recomputed.carried(request, version)
    match measured.tee:
        case Tdx(mr_config_id=found) | SevSnp(host_data=found):
            assert found == expected
        case None:
            assert expected is None
    if measured.mr_config is not None:
        assert measured.mr_config.encode() == recomputed.document(request)
        assert measured.instance_id == recomputed.instance(request)[1]


@given(application=APPLICATIONS, seed=st.binary(min_size=1, max_size=40))
def test_simulated_snp_is_bound_as_the_real_one(application: Application, seed: bytes) -> None:
    real = snp(application=application, instance_seed=seed)
    simulated: MeasureRequest = replace(
        real, platform=TeePlatform.NONE, simulated=SimulatedTee.AMD_SEV_SNP, simulator=SEEDED
    )
    assert measure(simulated).mr_config == measure(real).mr_config
    assert measure(simulated).shown["host_data"] == measure(real).shown["host_data"]
    assert measure(simulated).tee is None
