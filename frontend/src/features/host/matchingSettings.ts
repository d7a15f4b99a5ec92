import type { HostSetting } from '@/api/host';

/** The settings in which every word is found, in name, value or meaning; `onlySet`: that aren't as they come. */
export function matchingSettings(
  settings: readonly HostSetting[],
  text: string,
  onlySet: boolean,
): readonly HostSetting[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ key, value, help, is_default }) => {
    if (onlySet && is_default) return false;
    const all = `${key}\n${value}\n${help}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
