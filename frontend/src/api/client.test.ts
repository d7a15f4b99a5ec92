import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, call } from './client';

const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  server.resetHandlers();
  document.cookie = 'csrftoken=; max-age=0';
});
afterAll(() => server.close());

describe('call', () => {
  it('sends JSON, and the CSRF token when there is one', async () => {
    document.cookie = 'csrftoken=abc123';
    let seen: unknown;
    server.use(
      http.post('*/prpc/StartVm', async ({ request }) => {
        seen = [
          request.headers.get('content-type'),
          request.headers.get('x-csrftoken'),
          await request.json(),
        ];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await expect(call('StartVm', { id: 'a' })).resolves.toBeUndefined();
    expect(seen).toEqual(['application/json', 'abc123', { id: 'a' }]);
  });

  it('sends no CSRF header without a cookie', async () => {
    let header: string | null = 'not asked';
    server.use(
      http.post('*/prpc/StartVm', ({ request }) => {
        header = request.headers.get('x-csrftoken');
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await call('StartVm', { id: 'a' });
    expect(header).toBeNull();
  });

  it("fails with the server's own words", async () => {
    server.use(
      http.post('*/prpc/StartVm', () =>
        HttpResponse.json({ code: 409, message: 'port 8080 is held by web-1' }, { status: 409 }),
      ),
    );
    await expect(call('StartVm', { id: 'a' })).rejects.toEqual(
      new ApiError(409, 'port 8080 is held by web-1'),
    );
  });

  it('says what there is to say when a proxy answers something else', async () => {
    server.use(
      http.post(
        '*/prpc/StartVm',
        () => new HttpResponse('<html>', { status: 502, statusText: 'Bad Gateway' }),
      ),
    );
    await expect(call('StartVm', { id: 'a' })).rejects.toThrow('The server answered 502 Bad Gateway.');
  });

  it('says so when nobody answers', async () => {
    server.use(http.post('*/prpc/StartVm', () => HttpResponse.error()));
    await expect(call('StartVm', { id: 'a' })).rejects.toThrow('The server could not be reached.');
  });
});
