import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { act, renderHook, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { appIdOf, composeHash } from '@/crypto/composeHash';
import { fromHex, toHex } from '@/crypto/hex';
import { signedKey } from '@/test/signedKey';
import { emptyForm } from './emptyForm';
import type { CreateRequest } from './form';
import { consentFor } from './keyTrust';
import { fetchKey } from './useKmsKey';
import { useSubmit } from './useSubmit';

const signer = secp256k1.keygen();
const SIGNER = `0x${toHex(signer.publicKey)}`;
const form = { ...emptyForm, name: 'shop', compose: '{"name":"shop"}' };
const variables = [{ key: 'TOKEN', value: 's3cret' }];

/** What reached CreateVm. */
let created: CreateRequest[] = [];
let appKey = x25519.keygen();
let unsigned = false;

const server = setupServer(
  http.post('*/prpc/CreateVm', async ({ request }) => {
    created.push((await request.json()) as CreateRequest);
    await new Promise((resolve) => setTimeout(resolve, 30));
    return HttpResponse.json({ id: 'new' });
  }),
  http.post('*/prpc/GetAppEnvEncryptPubKey', async ({ request }) => {
    const { app_id } = (await request.json()) as { app_id: string };
    const key = signedKey(signer.secretKey, app_id, Math.floor(Date.now() / 1000), appKey.publicKey);
    return HttpResponse.json(unsigned ? { ...key, signature: '', signature_v1: '' } : key);
  }),
);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  created = [];
  unsigned = false;
  appKey = x25519.keygen();
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function submitter(trusted: readonly string[]) {
  const onCreated = vi.fn();
  const { result } = renderHook(() => useSubmit(trusted, onCreated));
  const submit = (...wanted: Parameters<typeof result.current.submit>) =>
    act(() => result.current.submit(...wanted));
  return { result, onCreated, submit };
}

it('creates one VM, however often it is asked', async () => {
  const { onCreated, submit } = submitter([]);
  submit(form, [], '');
  submit(form, [], '');
  await waitFor(() => expect(onCreated).toHaveBeenCalledExactlyOnceWith('new'));
  expect(created).toHaveLength(1);
  expect(created[0]).toMatchObject({ name: 'shop', encrypted_env: '' });
});

it('encrypts the environment to the key of the very application, and sends it nowhere else', async () => {
  const { onCreated, submit } = submitter([SIGNER]);
  submit(form, variables, '');
  await waitFor(() => expect(onCreated).toHaveBeenCalled());
  const sealed = fromHex(String(created[0]?.encrypted_env)) ?? new Uint8Array();
  const shared = x25519.getSharedSecret(appKey.secretKey, sealed.subarray(0, 32));
  const plain = gcm(shared, sealed.subarray(32, 44)).decrypt(sealed.subarray(44));
  expect(JSON.parse(new TextDecoder().decode(plain))).toEqual({ env: variables });
  expect(JSON.stringify(created)).not.toContain('s3cret');
});

it.each([[[]], [[`0x02${'11'.repeat(32)}`]]])(
  'sends nothing for a signer that is not trusted: %j',
  async (trusted) => {
    const { result, submit } = submitter(trusted);
    submit(form, variables, '');
    await waitFor(() => expect(result.current.failure).toMatch(/Look at it again/));
    expect(created).toEqual([]);
  },
);

it('sends nothing to a key without a signature, unless the user has agreed to that very key', async () => {
  unsigned = true;
  const { result, onCreated, submit } = submitter([SIGNER]);
  submit(form, variables, '');
  await waitFor(() => expect(result.current.failure).toMatch(/Look at it again/));
  const consent = consentFor(await fetchKey(appIdOf(await composeHash(form.compose))));
  appKey = x25519.keygen();
  submit(form, variables, consent);
  await waitFor(() => expect(result.current.progress).toBe('idle'));
  expect(created).toEqual([]);
  submit(form, variables, consentFor(await fetchKey(appIdOf(await composeHash(form.compose)))));
  await waitFor(() => expect(onCreated).toHaveBeenCalled());
});

it('keeps the server’s words, and may be asked again', async () => {
  server.use(
    http.post(
      '*/prpc/CreateVm',
      () => HttpResponse.json({ code: 409, message: 'QEMU says no' }, { status: 409 }),
      {
        once: true,
      },
    ),
  );
  const { result, onCreated, submit } = submitter([]);
  submit(form, [], '');
  await waitFor(() => expect(result.current.failure).toBe('QEMU says no'));
  submit(form, [], '');
  await waitFor(() => expect(onCreated).toHaveBeenCalled());
  expect(result.current.failure).toBe('');
});

it('says that a VM may be there where no answer came', async () => {
  server.use(http.post('*/prpc/CreateVm', () => HttpResponse.error()));
  const { result, submit } = submitter([]);
  submit(form, [], '');
  await waitFor(() => expect(result.current.failure).toMatch(/may have been created all the same/));
});
