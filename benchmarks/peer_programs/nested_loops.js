var n = 1050, total = 0;
for (var i = 0; i < n; i++) {
  for (var j = 0; j < n; j++) {
    total = (total + i * j + (i - j) % 7) % 1000003;
  }
}
"nested " + total;
