local n = 900000
local spf = {}
for i = 0, n do spf[i] = 0 end
local count, last, total = 0, 0, 0
for p = 2, n do
  if spf[p] == 0 then
    count, last, spf[p] = count + 1, p, p
    for m = p * p, n, p do
      if spf[m] == 0 then spf[m] = p end
    end
  end
  total = total + spf[p]
end
return string.format("sieve %d %d %d", count, last, total)
