from asking import Asking
from parcels.starlette_service import app as shown

app = Asking(shown)
