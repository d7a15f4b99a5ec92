import { x25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, fromHex, toHex } from '@/crypto/hex';
import type { SignedKey } from '@/crypto/kmsSignature';

function sign(secret: Uint8Array, ...parts: Uint8Array[]): string {
  const digest = keccak_256(concat(new TextEncoder().encode('dstack-env-encrypt-pubkey:'), ...parts));
  const made = secp256k1.Signature.fromBytes(
    secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' }),
    'recovered',
  );
  return toHex(concat(made.toBytes('compact'), Uint8Array.of(made.recovery ?? 9)));
}

function time(at: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at));
  return bytes;
}

/** A key of an application as a KMS with that secret signs it, `at` seconds since 1970. */
export function signedKey(
  secret: Uint8Array,
  appId: string,
  at: number,
  publicKey = x25519.keygen().publicKey,
): SignedKey {
  const key = Uint8Array.from(publicKey);
  const app = fromHex(appId) ?? new Uint8Array();
  return {
    public_key: toHex(key),
    signature: sign(secret, app, key),
    timestamp: at,
    signature_v1: sign(secret, app, time(at), key),
  };
}
