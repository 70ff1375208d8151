"use strict";
// The page's own script: the switch, the toggle and the panel. It never makes HTML out of text.
(() => {
  const controls = document.getElementById("ui-controls");
  const toggle = document.getElementById("ui-rejected");
  const said = document.getElementById("ui-said");
  const panel = document.getElementById("ui-panel");
  const body = document.getElementById("ui-panel-body");
  const place = document.getElementById("ui-panel-place");
  let opener = null;

  const view = () => controls.elements.namedItem("view").value;
  const label = () => controls.querySelector("input[name=view]:checked").nextElementSibling.textContent;

  // data-views names the views in which a piece is seen; a piece without it is seen in all.
  const showIn = (root) => {
    for (const piece of root.querySelectorAll("[data-views]")) {
      const seen = piece.dataset.views.split(" ").includes(view());
      const wanted = toggle.checked || !piece.classList.contains("rejected");
      piece.toggleAttribute("hidden", !(seen && wanted));
    }
  };

  // What is being read stays where it is when lines above it come or go.
  const keepingPlace = (change) => {
    const top = (line) => line.getBoundingClientRect().top;
    const seen = (line) => line.getClientRects().length > 0;
    const below = [...document.querySelectorAll(".line")].filter((line) => seen(line) && top(line) > controls.offsetHeight);
    const tops = new Map(below.map((line) => [line, top(line)]));
    change();
    const kept = window.scrollY > 0 && below.find(seen);
    if (kept) window.scrollBy({ top: top(kept) - tops.get(kept), behavior: "instant" });
  };

  const update = () => {
    keepingPlace(() => {
      document.documentElement.dataset.view = view() === "all" ? "all" : "one";
      showIn(document);
    });
    const lines = [...document.querySelectorAll(".line:not(.rejected)")];
    const shown = lines.filter((line) => line.getClientRects().length).length;
    said.textContent = `${label()}: ${shown} of ${lines.length} lines`;
    if (opener && !opener.getClientRects().length) close();
  };

  const open = (button) => {
    if (opener) opener.setAttribute("aria-expanded", "false");
    opener = button;
    button.setAttribute("aria-expanded", "true");
    const state = document.getElementById(`ui-state-${button.dataset.state}`);
    body.replaceChildren(state.content.cloneNode(true));
    place.textContent = `after ${button.dataset.place}`;
    showIn(body);
    panel.hidden = false;
    document.getElementById("ui-panel-title").focus({ preventScroll: true });
  };

  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    if (opener) {
      opener.setAttribute("aria-expanded", "false");
      if (opener.getClientRects().length) opener.focus({ preventScroll: true });
    }
    opener = null;
  };

  for (const piece of document.querySelectorAll(".ask, #ui-controls")) piece.hidden = false;
  controls.addEventListener("change", update);
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("ui-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".ask");
    if (button) button === opener ? close() : open(button);
  });

  // A link to a rejected reply, or to a line that this view hides, shows it first.
  const reach = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || target.getClientRects().length) return;
    if (target.classList.contains("rejected")) toggle.checked = true;
    controls.elements.namedItem("view").value = "all";
    update();
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", reach);
  update();
  reach();
})();
