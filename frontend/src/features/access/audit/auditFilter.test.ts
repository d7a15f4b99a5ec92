import { describe, expect, it } from 'vitest';
import { exportUrl, isFiltered, readSearch, requestOf } from './auditFilter';

const everything = { who: '', action: '', vm: '', result: 0, since_ms: 0, until_ms: 0 };

describe('the filter of the audit log', () => {
  it('takes from the address what it knows, and nothing empty', () => {
    expect(readSearch({ who: 'ada', vm: '', page: '3', result: 4 })).toEqual({ who: 'ada' });
    expect(isFiltered({})).toBe(false);
    expect(isFiltered({ vm: 'web' })).toBe(true);
  });

  it('asks for everything where nothing is wanted, and for nothing that makes no sense', () => {
    expect(requestOf({}, 9)).toEqual(everything);
    expect(requestOf({ result: 'x', period: 'forever' }, 9)).toEqual(everything);
  });

  it('counts spans back from now, and takes moments in local time', () => {
    expect(requestOf({ period: '1h' }, 5_000_000)).toEqual({ ...everything, since_ms: 1_400_000 });
    const search = { period: 'between', from: '2026-01-02T03:04', to: 'rubbish' };
    const since_ms = new Date(2026, 0, 2, 3, 4).getTime();
    expect(requestOf(search, 9)).toEqual({ ...everything, since_ms });
  });

  it('names the same entries as a file', () => {
    expect(exportUrl('csv', {}, 9)).toBe('/access/audit.csv');
    expect(exportUrl('jsonl', { who: 'a&b', result: '4' }, 9)).toBe('/access/audit.jsonl?who=a%26b&result=4');
  });
});
