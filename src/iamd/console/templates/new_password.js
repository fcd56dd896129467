{
  const field = document.getElementById("new");
  const rules = [...document.querySelectorAll("[data-patterns]")].map((item) => ({
    item,
    patterns: JSON.parse(item.dataset.patterns).map((pattern) => new RegExp(pattern, "u")),
    least: Number(item.dataset.least),
  }));
  const show = () => {
    for (const { item, patterns, least } of rules) {
      if (patterns.length === 0) continue;
      const met = patterns.filter((pattern) => pattern.test(field.value)).length >= least;
      item.className = met ? "met" : "unmet";
    }
  };
  field.addEventListener("input", show);
}
