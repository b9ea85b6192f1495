// Evaluated in the page by shots.py: the texts whose contrast with what lies under them is below WCAG AA.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = (el) =>
    el ? [...grounds(el.parentElement), getComputedStyle(el).backgroundColor] : ["white"];
  const faint = [];
  for (const el of document.querySelectorAll("[data-testid=workbench-run] *")) {
    const says = [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || el.closest("[aria-disabled], .wb-spoken")) continue;
    const under = grounds(el);
    const [a, b] = [luminance(over(...under, getComputedStyle(el).color)), luminance(over(...under))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(1)} ${el.className} ${el.textContent.slice(0, 30)}`);
  }
  return faint;
};
