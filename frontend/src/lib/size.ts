/** Memory given in MB: `512 MB`, `2 GB`, `1.5 GB`. */
export function formatMemory(mb: number): string {
  if (mb < 1024) return `${mb} MB`;
  return `${trimmed(mb / 1024)} GB`;
}

/** Disk size given in GB: `20 GB`, `1.5 TB`. */
export function formatDisk(gb: number): string {
  if (gb < 1024) return `${gb} GB`;
  return `${trimmed(gb / 1024)} TB`;
}

/** A number of bytes: `0 B`, `640 KB`, `1.5 GB`; units are of 1024, as everywhere here. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // What would be rounded up to 1024 of a unit is 1 of the next.
  while (Math.round(value * 10) / 10 >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${trimmed(value)} ${units[unit]}`;
}

const trimmed = (n: number): string => String(Math.round(n * 10) / 10);
