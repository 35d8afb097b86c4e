"use strict";
// Charts: what a strip's tooltip says, below the chart too, for fingers. In print all is open.
for (const chart of document.querySelectorAll("svg.chart")) {
  const readout = document.createElement("p");
  readout.className = "readout";
  readout.textContent = "Point at the curves for their values.";
  const lines = chart.querySelector("title").textContent.split("\n").length;
  readout.style.minHeight = `${Math.min(lines, 8)}lh`;  // nothing moves when it speaks
  chart.after(readout);
  const say = (event) => {
    const title = event.target.closest("rect")?.querySelector("title");
    if (title) readout.textContent = title.textContent;
  };
  chart.addEventListener("pointerover", say);
  chart.addEventListener("pointerdown", say);
}
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) folded.open = true;
});
