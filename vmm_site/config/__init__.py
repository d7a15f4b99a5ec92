"""The operator's configuration: a TOML file and the environment, as typed, checked, frozen values.

The file has the sections and names of dstack-vmm's ``vmm.toml``, so that an existing
one can be brought along. Environment variables win over it:

- ``VMM_CONFIG`` names the file, ``VMM_DATA`` the data folder, ``VMM_HOST`` and
  ``VMM_PORT`` what to listen on;
- ``VMM_<KEY>`` is a value outside all sections (``VMM_NODE_NAME=rack-3``),
  ``VMM_<SECTION>__<KEY>`` one inside (``VMM_CVM__CID_START=2000``,
  ``VMM_CVM__PORT_MAPPING__ENABLED=true``). Lists and tables are written as in TOML;
  a list of plain words may be separated by commas. ``…_FILE`` after a name reads
  the value from that file, for secrets;
- any other ``VMM_…`` variable is not ours and is ignored.

No Django in here.
"""

from vmm_site.config.errors import ConfigError, Problem
from vmm_site.config.load import Examined, examine_config, load_config
from vmm_site.config.model import Config

__all__ = ["Config", "ConfigError", "Examined", "Problem", "examine_config", "load_config"]
