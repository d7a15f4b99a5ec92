import { secp256k1 } from '@noble/curves/secp256k1.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { gcm } from '@noble/ciphers/aes.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signedKey } from '@/test/signedKey';
import { appIdOf, composeHash } from './composeHash';
import { sealEnvironment } from './envelope';
import { toHex } from './hex';
import { verifyKey } from './kmsSignature';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As over plain http to a name that isn't local. */
const withoutWebCrypto = () =>
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });

/** As in a browser that knows AES but not X25519. */
function withoutX25519(): void {
  const { subtle } = crypto;
  vi.stubGlobal('crypto', {
    getRandomValues: crypto.getRandomValues.bind(crypto),
    subtle: {
      generateKey: () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError')),
      digest: subtle.digest.bind(subtle),
      importKey: subtle.importKey.bind(subtle),
      encrypt: subtle.encrypt.bind(subtle),
    },
  });
}

const browsers = [
  ['a browser that can everything', () => undefined],
  ['a browser without X25519', withoutX25519],
  ['an insecure origin', withoutWebCrypto],
] as const;

describe.each(browsers)('in %s', (_, become) => {
  it('hashes the exact bytes of a compose file', async () => {
    become();
    // RFC 6234's own example, and a text of more than ASCII, by Python's hashlib.
    expect(await composeHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const hash = await composeHash('{"name": "naïve €"}\n');
    expect(hash).toBe('35b9235eb8e86cca1fa7d6a6011a4d0df9caa4d289ae01bd1db09e980b182384');
    expect(appIdOf(hash)).toBe(hash.slice(0, 40));
  });

  it('seals an environment that the holder of the private key opens', async () => {
    become();
    const { secretKey, publicKey } = x25519.keygen();
    const variables = [
      { key: 'TOKEN', value: 'naïve "€"\n=\\' },
      { key: 'EMPTY', value: '' },
    ];
    const sealed = await sealEnvironment(variables, Uint8Array.from(publicKey));
    const shared = x25519.getSharedSecret(secretKey, sealed.subarray(0, 32));
    const plain = gcm(shared, sealed.subarray(32, 44)).decrypt(sealed.subarray(44));
    expect(JSON.parse(new TextDecoder().decode(plain))).toEqual({ env: variables });
  });

  it('takes a new key and a new nonce every time', async () => {
    become();
    const publicKey = Uint8Array.from(x25519.keygen().publicKey);
    const [one, other] = await Promise.all([sealEnvironment([], publicKey), sealEnvironment([], publicKey)]);
    expect(toHex(one.subarray(0, 32))).not.toBe(toHex(other.subarray(0, 32)));
    expect(toHex(one.subarray(32, 44))).not.toBe(toHex(other.subarray(32, 44)));
  });

  it('refuses keys that hide nothing', async () => {
    become();
    await expect(sealEnvironment([], new Uint8Array(32))).rejects.toThrow('not a usable X25519 key');
    await expect(sealEnvironment([], new Uint8Array(31))).rejects.toThrow('31 bytes instead of 32');
  });
});

const APP = 'a1'.repeat(20);
const NOW = 1_796_040_000;

const flip = (hex: string, at: number): string =>
  hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1);

describe('the signature of a key', () => {
  const { secretKey, publicKey } = secp256k1.keygen();
  const signer = `0x${toHex(publicKey)}`;

  it('tells the signer that dstack’s own SDKs tell', () => {
    // The example of their tests, of a signature without a time.
    const verdict = verifyKey(
      {
        public_key: 'e33a1832c6562067ff8f844a61e51ad051f1180b66ec2551fb0251735f3ee90a',
        signature:
          '8542c49081fbf4e03f62034f13fbf70630bdf256a53032e38465a27c36fd6bed7a5e7111652004aef37f7fd92fbfc1285212c4ae6a6154203a48f5e16cad2cef00',
        timestamp: 0,
        signature_v1: '',
      },
      '00'.repeat(20),
      NOW,
    );
    expect(verdict.signer?.publicKey).toBe(
      '0x0217610d74cbd39b6143842c6d8bc310d79da1d82cc9d17f8876376221eda0c38f',
    );
    expect(verdict.fault).toBe('stale');
  });

  it('gives a signer the address that Ethereum does', () => {
    // The private key 1, whose address is known everywhere.
    const one = Uint8Array.from({ length: 32 }, (_, place) => (place === 31 ? 1 : 0));
    expect(verifyKey(signedKey(one, APP, NOW), APP, NOW).signer?.address).toBe(
      '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf',
    );
  });

  it('is good when it is fresh and both agree', () => {
    const key = signedKey(secretKey, APP, NOW);
    expect(verifyKey(key, APP, NOW)).toMatchObject({ signer: { publicKey: signer }, fault: null });
    expect(verifyKey({ ...key, signature: '' }, APP, NOW).fault).toBeNull();
    expect(verifyKey(key, APP, NOW + 300).fault).toBeNull();
    expect(verifyKey(key, APP, NOW - 60).fault).toBeNull();
  });

  it('is stale when it is old, from the future or without a time', () => {
    const key = signedKey(secretKey, APP, NOW);
    expect(verifyKey(key, APP, NOW + 301)).toMatchObject({ signer: { publicKey: signer }, fault: 'stale' });
    expect(verifyKey(key, APP, NOW - 61).fault).toBe('stale');
    expect(verifyKey({ ...key, signature_v1: '' }, APP, NOW).fault).toBe('stale');
  });

  it('is missing when there is none', () => {
    expect(
      verifyKey({ ...signedKey(secretKey, APP, NOW), signature: '', signature_v1: '' }, APP, NOW),
    ).toEqual({
      signer: null,
      fault: 'missing',
    });
  });

  it.each(['public_key', 'signature', 'signature_v1'] as const)(
    'never names the signer when a digit of %s is another',
    (field) => {
      const key = signedKey(secretKey, APP, NOW);
      for (let at = 0; at < key[field].length; at += 7) {
        const verdict = verifyKey({ ...key, [field]: flip(key[field], at) }, APP, NOW);
        expect(verdict.fault).not.toBeNull();
        expect(verdict.signer).toBeNull();
      }
    },
  );

  it('never names the signer for another application or another time', () => {
    const key = signedKey(secretKey, APP, NOW);
    expect(verifyKey(key, 'a2'.repeat(20), NOW).signer?.publicKey).not.toBe(signer);
    expect(verifyKey({ ...key, timestamp: NOW + 1 }, APP, NOW).fault).toBe('disagree');
  });

  it.each(['', '00', 'zz'.repeat(65), '00'.repeat(65), 'ff'.repeat(65), `${'11'.repeat(64)}1b`])(
    'is invalid when it is no signature: %s',
    (signature) => {
      const key = { ...signedKey(secretKey, APP, NOW), signature_v1: signature, signature: 'ab' };
      expect(verifyKey(key, APP, NOW)).toEqual({ signer: null, fault: 'invalid' });
    },
  );
});
