"""The operator's configuration: what is read, what wins, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from vmm_site.config import Config, ConfigError, load_config
from vmm_site.config.environment import settable

HERE = Path(__file__).parent
FULL = HERE / "vmm.toml"
HOME = {"HOME": "/home/op"}


def written(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "vmm.toml"
    file.write_text(text)
    return load_config(file, HOME | environ)


class TestWithoutAFile:
    def test_defaults_are_those_of_the_existing_server(self) -> None:
        config = load_config(None, HOME)
        cvm = config.cvm
        assert (config.address, config.port, config.unix_socket) == ("127.0.0.1", 12000, None)
        assert (cvm.cid_start, cvm.cid_pool_size, cvm.max_cvm_number) == (1000, 1000, 1000)
        assert (cvm.max_allocable_vcpu, cvm.max_allocable_memory_in_mb) == (20, 100_000)
        assert (cvm.use_mrconfigid, cvm.qgs_port, cvm.host_share_mode) == (True, 4050, "9p")
        restart = cvm.auto_restart
        assert (restart.enabled, restart.interval, restart.max_retries) == (True, 20, 5)
        assert (restart.initial_backoff, restart.max_backoff, restart.reset_window) == (5, 300, 300)
        assert (cvm.log.max_bytes, cvm.log.max_backups, cvm.log.check_interval_secs) == (4 * 1024**2, 3, 5)
        assert (cvm.gpu.enabled, cvm.gpu.listing) == (False, ("10de:2335",))
        assert (cvm.platform, cvm.accelerator, cvm.start_width) == ("auto", "auto", 2)
        gateway = config.gateway
        assert (gateway.base_domain, gateway.port, gateway.agent_port) == ("localhost", 8082, 8090)
        assert (config.key_provider.address, config.key_provider.port) == ("127.0.0.1", 3443)
        assert (config.host_api.cid, config.host_api.port) == (2, 10000)
        assert (config.event_buffer_size, config.max_body_size) == (20, 64 * 1024**2)

    def test_ports_may_be_mapped_so_that_a_first_try_works(self) -> None:
        mapping = load_config(None, HOME).cvm.port_mapping
        assert mapping.enabled
        assert mapping.address == "127.0.0.1"
        assert mapping.is_allowed("tcp", 20000)
        assert not mapping.is_allowed("tcp", 20001)
        assert not mapping.is_allowed("udp", 80)

    def test_limits_do_not_bind(self) -> None:
        config = load_config(None, HOME)
        assert config.from_file is None
        assert config.cvm.max_vcpu_limit is None
        assert config.cvm.max_memory_mb_limit is None

    @pytest.mark.parametrize(
        "environ, expected",
        [
            ({"HOME": "/home/op"}, "/home/op/.local/share/dstack-vmm"),
            ({"HOME": "/home/op", "XDG_DATA_HOME": "/data"}, "/data/dstack-vmm"),
            ({"HOME": "/home/op", "XDG_DATA_HOME": "not/absolute"}, "/home/op/.local/share/dstack-vmm"),
            ({"HOME": "/home/op", "VMM_DATA": "~/vms"}, "/home/op/vms"),
        ],
    )
    def test_the_data_folder_is_the_users(self, environ: dict[str, str], expected: str) -> None:
        config = load_config(None, environ)
        assert config.data_dir == Path(expected)
        assert config.run_path == Path(expected, "vm")
        assert config.image.path == Path(expected, "image")


class TestAnExistingFile:
    def test_it_is_read_with_its_own_names(self) -> None:
        config = load_config(FULL, HOME)
        cvm = config.cvm
        assert config.from_file == FULL
        assert config.node_name == config.effective_node_name == "rack-3"
        assert (config.address, config.unix_socket) == ("", HERE / "vmm.sock")
        assert (config.run_path, config.image.path) == (HERE / "run/vm", HERE / "images")
        assert config.auth.htpasswd_file == HERE / "htpasswd"
        assert cvm.volumes_dir == Path("/home/op/volumes")
        assert cvm.cids == range(2000, 2100)
        assert (cvm.max_vcpu_limit, cvm.max_memory_mb_limit) == (64, 500_000)
        assert cvm.qemu_pci_hole64_size == 1024**4
        assert cvm.networking.mac_prefix_bytes == bytes([0x02, 0xAB, 0xCD])
        assert cvm.gpu.listing == ("10de:2335",)
        assert cvm.port_mapping.is_allowed("udp", 53)
        assert cvm.log.max_bytes == 512 * 1024
        assert cvm.tee_simulator is not None
        assert cvm.tee_simulator.platform == "dstack-gcp-tdx"
        assert config.host_api.cid == 2
        assert cvm.product.sys_vendor == "Example, Inc."

    def test_replaced_parts_are_named_in_notes(self) -> None:
        notes = load_config(FULL, HOME).notes
        ignored = sorted(note.split(" ")[0] for note in notes)
        assert ignored == [
            "cvm.backup",
            "cvm.qmp_socket",
            "host_api.ident",
            "ident",
            "keep_alive",
            "log_level",
            "max_blocking",
            "reuse",
            "supervisor",
            "temp_dir",
            "workers",
        ]

    def test_without_port_mapping_in_it_no_ports_are_mapped(self, tmp_path: Path) -> None:
        assert not written(tmp_path, "").cvm.port_mapping.enabled

    def test_a_limit_that_it_does_not_set_does_not_bind(self, tmp_path: Path) -> None:
        config = written(tmp_path, "[cvm]\nmax_allocable_vcpu = 20")
        assert (config.cvm.max_vcpu_limit, config.cvm.max_memory_mb_limit) == (20, None)

    def test_a_misspelt_key_is_a_note_with_a_hint(self, tmp_path: Path) -> None:
        notes = written(tmp_path, "[cvm]\ncid_strat = 5\n[cvn]\nx = 1").notes
        assert notes == (
            "cvm.cid_strat is ignored: no such setting; did you mean cid_start?",
            "cvn is ignored: no such setting; did you mean cvm?",
        )

    def test_older_names_are_understood(self, tmp_path: Path) -> None:
        config = written(
            tmp_path,
            'image_path = "img"\n[networking]\nmode = "user"\nrestrict = true\n'
            '[cvm]\ntproxy_urls = ["http://old.example"]',
        )
        assert config.image.path == tmp_path / "img"
        assert config.cvm.networking.restrict
        assert config.cvm.gateway_urls == ("http://old.example",)
        assert [note.split(" ")[0] for note in config.notes] == ["image_path", "[networking]"]

    @pytest.mark.parametrize(
        "address, host, port",
        [
            ("0.0.0.0", "0.0.0.0", 12000),
            ("localhost:80", "localhost", 80),
            ("tcp:10.0.0.1:81", "10.0.0.1", 81),
            ("::1", "::1", 12000),
            ("[::1]:82", "::1", 82),
        ],
    )
    def test_an_address_may_hold_its_port(self, tmp_path: Path, address: str, host: str, port: int) -> None:
        config = written(tmp_path, f'address = "{address}"')
        assert (config.address, config.port) == (host, port)

    def test_tcp_and_a_socket_may_both_be_listened_on(self, tmp_path: Path) -> None:
        config = written(tmp_path, 'address = "127.0.0.1"\nunix_socket = "a.sock"')
        assert (config.address, config.unix_socket) == ("127.0.0.1", tmp_path / "a.sock")


class TestTheEnvironment:
    def test_it_wins_over_the_file(self) -> None:
        config = load_config(
            FULL,
            HOME
            | {
                "VMM_HOST": "0.0.0.0",
                "VMM_PORT": "13000",
                "VMM_CVM__CID_START": "3000",
                "VMM_CVM__PORT_MAPPING__ENABLED": "false",
                "VMM_CVM__PORT_MAPPING__RANGE": '[{protocol = "tcp", from = 5, to = 6}]',
                "VMM_CVM__KMS_URLS": "http://a.example, http://b.example",
                "VMM_CVM__NETWORK_FILTER__PARAMETERS": '{A = "b"}',
                "VMM_CVM__QEMU_PATH": "qemu-system-x86_64",
                "VMM_CVM__LOG__MAX_BYTES": "1G",
                "VMM_KMS_URL": "",
            },
        )
        assert (config.address, config.port) == ("0.0.0.0", 13000)
        assert config.cvm.cid_start == 3000
        assert not config.cvm.port_mapping.enabled
        assert [(r.first, r.last) for r in config.cvm.port_mapping.range] == [(5, 6)]
        assert config.kms_urls == ("http://a.example", "http://b.example")
        assert config.cvm.network_filter.parameters == {"A": "b"}
        assert config.cvm.qemu_path == Path("qemu-system-x86_64")
        assert config.cvm.log.max_bytes == 1024**3
        assert config.kms_url == ""

    def test_it_names_the_file(self) -> None:
        assert load_config(None, HOME | {"VMM_CONFIG": str(FULL)}).from_file == FULL

    def test_a_secret_may_lie_in_a_file(self, tmp_path: Path) -> None:
        secret = tmp_path / "token"
        secret.write_text("from-a-file\n")
        config = load_config(None, HOME | {"VMM_AUTH__TOKENS_FILE": str(secret)})
        assert config.auth.tokens == ("from-a-file",)

    def test_other_variables_are_ignored(self) -> None:
        config = load_config(None, HOME | {"VMM_URL": "http://x", "VMM_CVM__NO_SUCH": "1", "VMM_PORT": ""})
        assert config == load_config(None, HOME)

    def test_every_value_can_be_set(self) -> None:
        keys = {".".join(key) for key, _ in settable(Config)}
        assert {"port", "cvm.gpu.listing", "cvm.tee_simulator.platform", "netd.socket"} <= keys
        assert not {"notes", "from_file"} & keys


WRONG = [
    ("port = 0", "port = 0", "a whole number from 1 to 65535"),
    ("port = true", "port = true", "a whole number"),
    ('port = "http"', "port = 'http'", "a whole number"),
    ("event_buffer_size = 0", "event_buffer_size = 0", "from 1 to 10000"),
    ('kms_url = "kms.example"', "kms_url = 'kms.example'", "http://"),
    ('node_name = "a b"', "node_name = 'a b'", "letters, digits"),
    ('address = "http://x"', "address = 'http://x'", "an IP address or a host name"),
    ("cvm = 5", "cvm = 5", "must be a section"),
    ("[cvm]\ncid_start = 2", "cvm.cid_start = 2", "from 3 to 4294967294"),
    ("[cvm]\ncid_pool_size = 0", "cvm.cid_pool_size = 0", "from 1"),
    ("[cvm]\ncid_start = 4294967000", "cvm:", "beyond the last CID"),
    ('[cvm]\nplatform = "sgx"', "cvm.platform = 'sgx'", "auto, tdx, amd-sev-snp, none"),
    ('[cvm]\nhost_share_mode = "nfs"', "cvm.host_share_mode = 'nfs'", "9p, vvfat, vhd"),
    ('[cvm]\nuser = "a;b"', "cvm.user = 'a;b'", "a user's name or number"),
    ('[cvm]\nkms_urls = ["ftp://x"]', "cvm.kms_urls[0] = 'ftp://x'", "http://"),
    ('[cvm.log]\nmax_bytes = "4X"', "cvm.log.max_bytes = '4X'", '"4M"'),
    ('[cvm.gpu]\nlisting = ["2335"]', "cvm.gpu.listing[0] = '2335'", "10de:2335"),
    ("[cvm.auto_restart]\ninterval = 0", "cvm.auto_restart:", "interval must be greater than zero"),
    ("[cvm.auto_restart]\ninitial_backoff = 301", "cvm.auto_restart:", "must not exceed max_backoff"),
    ('[cvm.networking]\nmode = "bridge"', "cvm.networking:", "needs 'bridge'"),
    ('[cvm.networking]\nmac_prefix = "02:ab:cd:ef"', "cvm.networking.mac_prefix", "one to three bytes"),
    ('[cvm.networking]\ndhcp_start = "10.1.0.1"', "cvm.networking:", "does not lie in net"),
    ('[cvm.port_mapping]\naddress = "here"', "cvm.port_mapping.address = 'here'", "not an IP address"),
    (
        '[cvm.port_mapping]\nrange = [{ protocol = "tcp", from = 9, to = 1 }]',
        "cvm.port_mapping.range[0]:",
        "from 9 is greater than to 1",
    ),
    (
        '[cvm.port_mapping]\nrange = [{ protocol = "sctp", from = 1, to = 9 }]',
        "cvm.port_mapping.range[0].protocol = 'sctp'",
        "tcp, udp",
    ),
    ('[cvm.port_mapping]\nrange = [{ protocol = "tcp", from = 1 }]', "range[0].to", "must be given"),
    ('[host_api]\naddress = "127.0.0.1"', "host_api.address = '127.0.0.1'", "vsock:<CID>"),
    ('[gateway]\nbase_domain = "a/b"', "gateway.base_domain = 'a/b'", "a domain name"),
    ("this is no TOML", "not valid TOML", "line 1"),
]


class TestAWrongValue:
    @pytest.mark.parametrize("text, place, reason", WRONG)
    def test_is_refused_with_file_key_value_and_reason(
        self, tmp_path: Path, text: str, place: str, reason: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            written(tmp_path, text)
        [line] = str(caught.value).splitlines()
        assert line.startswith(str(tmp_path / "vmm.toml"))
        assert place in line
        assert reason in line

    def test_all_of_them_are_named_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            written(tmp_path, 'port = 0\n[cvm]\nplatform = "x"', VMM_CVM__GPU__ENABLED="perhaps")
        assert [problem.key for problem in caught.value.problems] == [
            "port",
            "cvm.platform",
            "cvm.gpu.enabled",
        ]
        assert caught.value.problems[2].source == "environment variable VMM_CVM__GPU__ENABLED"

    def test_a_secret_is_never_shown(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            written(tmp_path, '[cvm.tee_simulator]\nmock_attestation_seed = "hush"')
        assert "hush" not in str(caught.value)
        assert "hush" not in repr(written(tmp_path, '[auth]\ntokens = ["hush"]'))

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="No such file"):
            load_config(tmp_path / "none.toml", HOME)


def test_a_configuration_can_not_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_config(None, HOME).port = 1
