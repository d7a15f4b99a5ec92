import { describe, expect, it } from 'vitest';
import { imageRow } from '@/test/imageRow';
import { demoCommand, demoImage, demoRequest } from './demoRequest';

const image = imageRow({ name: 'dstack-demo-0.5.0', supports: [] });

describe('the command that creates the demo', () => {
  it('carries the request unharmed through a shell', () => {
    const request = { ...demoRequest(image, 8080), name: "o'brien" };
    const body = /-d '(.*)'$/s.exec(demoCommand('http://127.0.0.1:12000', request, false))?.[1];
    expect(JSON.parse((body ?? '').replaceAll(String.raw`'\''`, "'"))).toEqual(request);
  });

  it('names a token where one is needed', () => {
    const request = demoRequest(image, null);
    expect(demoCommand('http://h', request, true)).toContain('"Authorization: Bearer $VMM_TOKEN"');
    expect(demoCommand('http://h', request, false)).not.toContain('VMM_TOKEN');
  });
});

describe('the demo', () => {
  it('is the newest demo image that can be used', () => {
    const newest = imageRow({ name: 'dstack-demo-0.6.0', supports: [] });
    expect(demoImage([image, newest, imageRow({ name: 'dstack-0.9.0' })])).toBe(newest);
    expect(demoImage([image, imageRow({ name: 'dstack-demo-0.7.0', problem: 'no kernel' })])).toBe(image);
    expect(demoImage([imageRow({ name: 'dstack-0.9.0' })])).toBeUndefined();
  });

  it('asks for no TEE that its image is not made for', () => {
    expect(demoRequest(image, 1).no_tee).toBe(true);
    expect(demoRequest(imageRow({ supports: ['tdx'] }), 1).no_tee).toBeUndefined();
  });

  it('has a compose file that parses', () => {
    expect(JSON.parse(demoRequest(image, 1).compose_file)).toMatchObject({ runner: 'docker-compose' });
  });
});
