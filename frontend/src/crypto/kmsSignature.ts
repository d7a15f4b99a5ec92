import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, fromHex, toHex } from './hex';

/** GetAppEnvEncryptPubKey's answer; bytes are hex, `timestamp` is in seconds. */
export interface SignedKey {
  public_key: string;
  signature: string;
  timestamp: number;
  signature_v1: string;
}

/** Who signed a key. */
export interface Signer {
  /** The compressed secp256k1 public key, hex with 0x: what a KMS publishes as its own. */
  publicKey: string;
  /** The same, shorter, as Ethereum writes it: the last 20 bytes of its Keccak-256, hex with 0x. */
  address: string;
}

/** What is wrong with a key's signature; a sentence for people is in `explainFault`. */
export type SignatureFault = 'missing' | 'invalid' | 'disagree' | 'stale';

export type Verdict = { signer: Signer; fault: null } | { signer: Signer | null; fault: SignatureFault };

const DOMAIN = new TextEncoder().encode('dstack-env-encrypt-pubkey:');
/** The KMS signs at every request: what is older than this was recorded, and is told again. */
const MAX_AGE_S = 300;
/** Clocks differ. */
const MAX_AHEAD_S = 60;

/**
 * Finds out who signed an application's key. A signature by anybody has *some* signer: whether it is the KMS that the
 * deployer trusts has to be asked of the signer that this returns.
 *
 * The KMS signs Keccak-256 of `dstack-env-encrypt-pubkey:` ‖ app id (20) ‖ time (8, big-endian seconds) ‖ key (32);
 * an older signature is without the time. Where there are both, they must be of one signer; an older one alone can
 * be a recording, and is taken for stale.
 *
 * @param appId 40 hex digits
 * @param nowS seconds since 1970
 */
export function verifyKey(key: SignedKey, appId: string, nowS: number): Verdict {
  const app = fromHex(appId);
  const publicKey = fromHex(key.public_key);
  if (app?.length !== 20 || publicKey?.length !== 32) return { signer: null, fault: 'invalid' };
  if (key.signature === '' && key.signature_v1 === '') return { signer: null, fault: 'missing' };

  const undated = key.signature === '' ? undefined : recover(key.signature, concat(DOMAIN, app, publicKey));
  const dated =
    key.signature_v1 === ''
      ? undefined
      : recover(key.signature_v1, concat(DOMAIN, app, seconds(key.timestamp), publicKey));
  if (undated === null || dated === null) return { signer: null, fault: 'invalid' };
  if (undated && dated && undated.publicKey !== dated.publicKey) return { signer: null, fault: 'disagree' };
  if (!dated) return { signer: undated ?? null, fault: 'stale' };
  const age = nowS - key.timestamp;
  if (age > MAX_AGE_S || age < -MAX_AHEAD_S) return { signer: dated, fault: 'stale' };
  return { signer: dated, fault: null };
}

function seconds(timestamp: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(Math.trunc(timestamp))));
  return bytes;
}

/** Who made this signature (r, s and recovery bit: 65 bytes) over the message; null where nobody can have. */
function recover(signature: string, message: Uint8Array): Signer | null {
  const bytes = fromHex(signature);
  const bit = bytes?.[64];
  if (bytes?.length !== 65 || bit === undefined || bit > 3) return null;
  try {
    const point = secp256k1.Signature.fromBytes(bytes.subarray(0, 64), 'compact')
      .addRecoveryBit(bit)
      .recoverPublicKey(keccak_256(message));
    return {
      publicKey: `0x${toHex(point.toBytes(true))}`,
      address: `0x${toHex(keccak_256(point.toBytes(false).subarray(1)).subarray(12))}`,
    };
  } catch {
    return null;
  }
}
