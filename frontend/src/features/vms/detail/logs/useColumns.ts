import { useEffect, useState, type RefObject } from 'react';

/** CSS pixels beside a row's letters, and room for a scroll bar. */
const BESIDE = 28 + 2;

/** How many letters fit beside each other, as the place is and as it becomes; the ruler is a hundred of them. */
export function useColumns(
  place: RefObject<HTMLElement | null>,
  ruler: RefObject<HTMLElement | null>,
): number {
  const [columns, setColumns] = useState(120);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const measure = () => {
      const letter = (ruler.current?.getBoundingClientRect().width ?? 0) / 100;
      if (letter > 0) setColumns(Math.max(10, Math.floor((element.clientWidth - BESIDE) / letter)));
    };
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    // Its letters may come later than the page.
    void document.fonts.ready.then(measure);
    return () => resized.disconnect();
  }, [place, ruler]);
  return columns;
}
