var n = 900000, spf = new Array(n + 1).fill(0), count = 0, last = 0, total = 0;
for (var p = 2; p <= n; p++) {
  if (spf[p] === 0) {
    count++; last = p; spf[p] = p;
    for (var m = p * p; m <= n; m += p) { if (spf[m] === 0) spf[m] = p; }
  }
  total += spf[p];
}
"sieve " + count + " " + last + " " + total;
