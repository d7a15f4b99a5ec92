/** A step that guests are known to report, in their words, and what it means to a newcomer. */
export interface KnownStep {
  says: string;
  means: string;
  /** Comes only with some apps or on a first boot: not expected until it is there. */
  optional?: boolean;
}

export const LAST = 'done';

const last: KnownStep = { says: LAST, means: 'The guest has booted, and the app was started.' };

/** dstack's own guest images. */
const dstack: readonly KnownStep[] = [
  {
    says: 'requesting app keys',
    means: 'Proves to the key provider what runs here, and gets the keys of this app.',
  },
  { says: 'attesting GPU', means: 'Checks that the GPUs are genuine and confidential.', optional: true },
  {
    says: 'initializing data disk',
    means: 'Encrypts and formats the disk: first boot only.',
    optional: true,
  },
  { says: 'mounting data disk', means: 'Opens the encrypted disk of an earlier boot.', optional: true },
  { says: 'data disk ready', means: 'What the app stored before is there.' },
  {
    says: 'setting up dstack-gateway',
    means: 'Registers with the gateway, through which the app is reached.',
  },
  { says: 'setting up docker', means: 'Prepares what runs containers.' },
  { says: 'init-script', means: 'Runs the app’s own script before everything else.', optional: true },
  { says: 'pre-launch', means: 'Runs the app’s own script before its containers.', optional: true },
  { says: 'starting containers', means: 'Fetches the container images and starts them.', optional: true },
  { says: 'running main script', means: 'Starts the app, which is a script.', optional: true },
  last,
];

/** The demo image that this program builds. */
const demo: readonly KnownStep[] = [
  { says: 'mounting host share', means: 'Looks at what the host gave it: the app’s description.' },
  { says: 'reading app-compose.json', means: 'Learns which app this is.' },
  {
    says: 'formatting data disk',
    means: 'Makes a file system on the disk: first boot only.',
    optional: true,
  },
  { says: 'growing data disk', means: 'Fits the file system to a larger disk.', optional: true },
  { says: 'mounting data disk', means: 'What the app stored before is there.' },
  { says: 'starting app', means: 'Starts the demo’s web page.' },
  { says: 'waiting for the network', means: 'Gets an address from the network.' },
  last,
];

/** The way of booting in which a guest says all that it has said; null where no known one does, or none yet. */
export function knownWay(said: readonly string[]): readonly KnownStep[] | null {
  if (said.every((word) => word === LAST)) return null;
  const ways = [dstack, demo].filter((way) =>
    said.some((word) => way.some(({ says }) => says === word && says !== LAST)),
  );
  const [best] = ways.sort((one, other) => matches(other, said) - matches(one, said));
  return best ?? null;
}

const matches = (way: readonly KnownStep[], said: readonly string[]): number =>
  said.filter((word) => way.some(({ says }) => says === word)).length;
