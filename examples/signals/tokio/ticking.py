from interrupting import query_ticking
from interrupting.pressing import press_ctrl_c

press_ctrl_c()
print(query_ticking())
