def sum(left, right)
  left + right
end
