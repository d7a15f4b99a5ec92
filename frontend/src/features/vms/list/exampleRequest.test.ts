import { describe, expect, it } from 'vitest';
import { exampleCommand, exampleRequest } from './exampleRequest';

describe('exampleCommand', () => {
  it('carries the request unharmed through a shell', () => {
    const body = /-d '(.*)'$/s.exec(exampleCommand('http://127.0.0.1:12000'))?.[1];
    expect(body).not.toContain("'");
    expect(JSON.parse(body ?? '')).toEqual(exampleRequest);
  });

  it('has a compose file that parses', () => {
    expect(JSON.parse(exampleRequest.compose_file)).toMatchObject({
      manifest_version: 2,
      runner: 'docker-compose',
    });
  });
});
