local n, total = 1050, 0
for i = 0, n - 1 do
  for j = 0, n - 1 do
    local d = i - j
    total = (total + i * j + math.fmod(d, 7)) % 1000003
  end
end
return string.format("nested %d", total)
